import type { SqliteDatabase } from './driver.js';

/** Of records r of scope s in namespace n: whether one of their tags was invalidated since. */
const TAG_VOID = `(r.tags IS NOT NULL AND r.generation <= n.tag_void AND (
  r.generation <= n.tag_floor OR NOT json_valid(r.tags) OR EXISTS (
    SELECT 1 FROM json_each(r.tags) j CROSS JOIN tag_voids t ON t.namespace = n.id AND t.tag = j.value
    WHERE t.generation >= r.generation)))`;

/** CROSS JOIN has the planner look up the record first. */
const RECORD = 'records r CROSS JOIN scopes s ON s.id = r.scope CROSS JOIN namespaces n ON n.id = s.namespace';

/** All SQL of the store, prepared once per connection. Names are constant, values are parameters. */
export function prepareStatements(database: SqliteDatabase) {
  const sql = (text: string) => database.prepare(text);
  return {
    begin: sql('BEGIN IMMEDIATE'),
    commit: sql('COMMIT'),
    rollback: sql('ROLLBACK'),

    /** A hit is this one statement: digest, now. */
    hit: sql(`SELECT r.record, r.generation, r.tags FROM ${RECORD}
      WHERE r.digest = ? AND r.expires_at > ? AND r.generation > s.void_at AND r.generation > n.void_at AND NOT ${TAG_VOID}`),
    /** The same past its expiry: digest. */
    stale: sql(`SELECT r.record, r.generation, r.tags FROM ${RECORD}
      WHERE r.digest = ? AND r.generation > s.void_at AND r.generation > n.void_at AND NOT ${TAG_VOID}`),
    /** All that is known of a key but its value: digest, digest, scope. */
    slot: sql(`SELECT s.id AS scope, n.id AS namespace,
        s.void_at AS scopeVoid, s.void_by AS scopeVoidBy, n.void_at AS namespaceVoid, n.void_by AS namespaceVoidBy,
        r.generation, r.expires_at AS expiresAt, ${TAG_VOID} AS tagVoid,
        l.token, l.generation AS leaseGeneration, l.held, l.led_at AS ledAt, l.lease_until AS leaseUntil
      FROM scopes s CROSS JOIN namespaces n ON n.id = s.namespace
        LEFT JOIN records r ON r.digest = ? LEFT JOIN leases l ON l.digest = ? WHERE s.text = ?`),

    addNamespace: sql('INSERT INTO namespaces (name) VALUES (?) ON CONFLICT DO NOTHING'),
    addScope: sql(`INSERT INTO scopes (namespace, identity, version, text)
      SELECT id, ?, ?, ? FROM namespaces WHERE name = ?`),
    nextGeneration: sql('UPDATE counter SET generation = generation + 1 RETURNING generation'),

    putLease: sql(`INSERT INTO leases (digest, token, generation, held, led_at, lease_until) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (digest) DO UPDATE SET token = excluded.token, generation = excluded.generation, held = excluded.held,
        led_at = excluded.led_at, lease_until = excluded.lease_until`),
    extendLease: sql('UPDATE leases SET lease_until = ? WHERE digest = ?'),
    dropLease: sql('DELETE FROM leases WHERE digest = ?'),

    putRecord: sql(`INSERT INTO records (digest, scope, generation, expires_at, kept_until, tags, record)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (digest) DO UPDATE SET scope = excluded.scope, generation = excluded.generation,
        expires_at = excluded.expires_at, kept_until = excluded.kept_until, tags = excluded.tags, record = excluded.record`),
    dropRecord: sql('DELETE FROM records WHERE digest = ?'),
    hasRecord: sql('SELECT 1 FROM records WHERE digest = ?'),

    bury: sql('INSERT OR REPLACE INTO tombstones (digest, reason, detail, buried_at) VALUES (?, ?, ?, ?)'),
    unbury: sql('DELETE FROM tombstones WHERE digest = ?'),
    forgetTombstones: sql('DELETE FROM tombstones WHERE rowid <= ?'),
    tombstone: sql('SELECT reason, detail FROM tombstones WHERE digest = ?'),
    /** The next older scope of an identity: namespace, identity, before which. */
    olderScope: sql(`SELECT id, version, text FROM scopes WHERE namespace = ? AND identity = ? AND id < ?
      ORDER BY id DESC LIMIT 1`),

    voidNamespace: sql('UPDATE namespaces SET void_at = ?, void_by = ? WHERE name = ?'),
    voidIdentity: sql(`UPDATE scopes SET void_at = ?, void_by = ?
      WHERE namespace = (SELECT id FROM namespaces WHERE name = ?) AND identity = ?`),
    voidTag: sql(`INSERT OR REPLACE INTO tag_voids (namespace, tag, generation)
      SELECT id, ?, ? FROM namespaces WHERE name = ?`),
    noteTagVoid: sql('UPDATE namespaces SET tag_void = ? WHERE name = ?'),
    oldTagVoids: sql('SELECT rowid, namespace, generation FROM tag_voids WHERE rowid <= ?'),
    raiseTagFloor: sql('UPDATE namespaces SET tag_floor = max(tag_floor, ?) WHERE id = ?'),
    forgetTagVoid: sql('DELETE FROM tag_voids WHERE rowid = ?'),
    isTagVoid: sql(`SELECT 1 FROM namespaces n WHERE n.id = ? AND ? <= n.tag_void AND (? <= n.tag_floor OR EXISTS (
      SELECT 1 FROM json_each(?) j CROSS JOIN tag_voids t ON t.namespace = n.id AND t.tag = j.value WHERE t.generation >= ?))`),

    noteVoid: sql('UPDATE counter SET voided = ?'),
    noteSwept: sql('UPDATE counter SET swept = ?'),
    voids: sql('SELECT voided, swept FROM counter'),
    /** Some of those past their end: now, how many. */
    dropExpired: sql(`DELETE FROM records WHERE id IN (
      SELECT id FROM records WHERE kept_until <= ? ORDER BY kept_until LIMIT ?)`),
    /** Of the oldest, those whose holder will not come back: how many, before when. */
    dropDeadLeases: sql(
      `DELETE FROM leases WHERE rowid IN (SELECT rowid FROM leases ORDER BY rowid LIMIT ?) AND lease_until < ?`,
    ),
    /** The next records, and whether they are void: after which, how many. */
    walk: sql(`SELECT r.id, r.digest, r.generation <= s.void_at AS byScope, r.generation <= n.void_at AS byNamespace,
        s.void_by AS scopeVoidBy, n.void_by AS namespaceVoidBy, ${TAG_VOID} AS byTag
      FROM ${RECORD} WHERE r.id > ? ORDER BY r.id LIMIT ?`),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;
