export { sqliteOutbox, type SqliteOutboxOptions } from './sqlite-outbox.ts'
