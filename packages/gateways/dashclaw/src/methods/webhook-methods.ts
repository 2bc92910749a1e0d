import type { Method } from './method.ts'
import type {
  WebhookCreated,
  WebhookDeleted,
  WebhookDeliveryList,
  WebhookEvent,
  WebhookList,
  WebhookTested,
} from './webhook-results.ts'

/** Webhooks: where the server tells of what it noticed; `readWebhook()` reads what arrives there. */
export const webhookMethods = {
  /** Lists webhooks; their secrets are masked. */
  getWebhooks: {
    verb: 'GET',
    path: '/api/webhooks',
    params: [],
    servers: 'both',
  } as Method<() => Promise<WebhookList>>,
  /** Sets up a webhook; its secret is in the answer, and nowhere else. */
  createWebhook: {
    verb: 'POST',
    path: '/api/webhooks',
    params: ['url', 'events?'],
    role: 'admin',
    servers: 'both',
  } as Method<
    (
      /** Must be https, and not of a private network. */
      url: string,
      /** Every event where it is absent. */
      events?: readonly WebhookEvent[],
    ) => Promise<WebhookCreated>
  >,
  /** Cuts off a webhook. */
  deleteWebhook: {
    verb: 'DELETE',
    path: '/api/webhooks',
    params: ['id'],
    role: 'admin',
    servers: 'both',
  } as Method<(webhookId: string) => Promise<WebhookDeleted>>,
  /** Sends a delivery that tests a webhook. */
  testWebhook: {
    verb: 'POST',
    path: '/api/webhooks/{webhook_id}/test',
    params: ['webhook_id'],
    role: 'admin',
    servers: 'both',
  } as Method<(webhookId: string) => Promise<WebhookTested>>,
  /** Lists what was delivered to a webhook. */
  getWebhookDeliveries: {
    verb: 'GET',
    path: '/api/webhooks/{webhook_id}/deliveries',
    params: ['webhook_id'],
    servers: 'both',
  } as Method<(webhookId: string) => Promise<WebhookDeliveryList>>,
}
