import type { Method } from './method.ts'
import type {
  ActivityLogList,
  ActivityLogQuery,
  OrganizationCreated,
  OrganizationFound,
  OrganizationKeyList,
  OrganizationList,
  OrganizationUpdated,
} from './organization-results.ts'

/** Organizations, their keys, and who did what in them. */
export const organizationMethods = {
  /** Gets the organization that the key belongs to. */
  getOrg: {
    verb: 'GET',
    path: '/api/orgs',
    params: [],
    role: 'admin',
    servers: 'both',
  } as Method<() => Promise<OrganizationList>>,
  /** Makes an organization; its first key is in the answer, and nowhere else. */
  createOrg: {
    verb: 'POST',
    path: '/api/orgs',
    params: ['name', 'slug'],
    role: 'admin',
    servers: 'both',
  } as Method<(name: string, slug: string) => Promise<OrganizationCreated>>,
  /** Gets one organization. */
  getOrgById: {
    verb: 'GET',
    path: '/api/orgs/{org_id}',
    params: ['org_id'],
    role: 'admin',
    servers: 'both',
  } as Method<(orgId: string) => Promise<OrganizationFound>>,
  /** Renames an organization. */
  updateOrg: {
    verb: 'PATCH',
    path: '/api/orgs/{org_id}',
    params: ['org_id', '...updates'],
    role: 'admin',
    isRepeatable: true,
    servers: 'both',
  } as Method<
    (
      orgId: string,
      updates: { readonly name?: string; readonly [field: string]: unknown },
    ) => Promise<OrganizationUpdated>
  >,
  /** Lists the keys of an organization; none in full. */
  getOrgKeys: {
    verb: 'GET',
    path: '/api/orgs/{org_id}/keys',
    params: ['org_id'],
    role: 'admin',
    servers: 'both',
  } as Method<(orgId: string) => Promise<OrganizationKeyList>>,
  /** Lists who did what, newest first. */
  getActivityLogs: {
    verb: 'GET',
    path: '/api/activity',
    params: ['...filters?'],
    names: { agent_id: 'actor_id', type: 'resource_type' },
    servers: 'both',
  } as Method<(filters?: ActivityLogQuery) => Promise<ActivityLogList>>,
}
