import type { SqliteDatabase } from './driver.js';

/** Of records r of scope s in namespace n: whether one of their tags was invalidated since. */
const TAG_VOID = `(r.tags IS NOT NULL AND r.generation <= n.tag_void AND (
  r.generation <= n.tag_floor OR NOT json_valid(r.tags) OR EXISTS (
    SELECT 1 FROM json_each(r.tags) j CROSS JOIN tag_voids t ON t.namespace = n.id AND t.tag = j.value
    WHERE t.generation >= r.generation)))`;

/** Whether one of their tags was expired since. */
const TAG_EXPIRED = `(r.tags IS NOT NULL AND r.generation <= n.tag_expired AND (NOT json_valid(r.tags) OR EXISTS (
    SELECT 1 FROM json_each(r.tags) j CROSS JOIN tag_expiries t ON t.namespace = n.id AND t.tag = j.value
    WHERE t.generation >= r.generation)))`;

/** Whether an expiry that was asked for may have reached them: then the marks are to be read. */
const MARKED = 'r.generation <= max(s.expired_to, n.expired_to, n.tag_expired)';

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
      WHERE r.digest = ? AND r.expires_at > ? AND r.generation > s.void_at AND r.generation > n.void_at AND NOT ${TAG_VOID}
        AND r.generation > s.expired_to AND r.generation > n.expired_to AND NOT ${TAG_EXPIRED}`),
    /** The same past its expiry: digest. */
    stale:
      sql(`SELECT r.record, r.generation, r.tags, r.scope, n.id AS namespace, r.expires_at AS expiresAt, ${MARKED} AS marked
      FROM ${RECORD}
      WHERE r.digest = ? AND r.generation > s.void_at AND r.generation > n.void_at AND NOT ${TAG_VOID}`),
    /** All that is known of a key but its value: digest, digest, scope. */
    slot: sql(`SELECT s.id AS scope, n.id AS namespace,
        s.void_at AS scopeVoid, s.void_by AS scopeVoidBy, n.void_at AS namespaceVoid, n.void_by AS namespaceVoidBy,
        max(s.expired_to, n.expired_to, n.tag_expired) AS expiredTo,
        r.generation, r.expires_at AS expiresAt, r.held_until AS heldUntil, r.tags, ${TAG_VOID} AS tagVoid,
        l.token, l.generation AS leaseGeneration, l.held, l.led_at AS ledAt, l.lease_until AS leaseUntil,
        l.expired_at AS leaseExpiredAt
      FROM scopes s CROSS JOIN namespaces n ON n.id = s.namespace
        LEFT JOIN records r ON r.digest = ? LEFT JOIN leases l ON l.digest = ? WHERE s.text = ?`),

    addNamespace: sql('INSERT INTO namespaces (name) VALUES (?) ON CONFLICT DO NOTHING'),
    addScope: sql(`INSERT INTO scopes (namespace, identity, version, text)
      SELECT id, ?, ?, ? FROM namespaces WHERE name = ?`),
    nextGeneration: sql('UPDATE counter SET generation = generation + 1 RETURNING generation'),

    putLease: sql(`INSERT INTO leases (digest, token, generation, held, led_at, lease_until) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (digest) DO UPDATE SET token = excluded.token, generation = excluded.generation, held = excluded.held,
        led_at = excluded.led_at, lease_until = excluded.lease_until, expired_at = NULL`),
    extendLease: sql('UPDATE leases SET lease_until = ? WHERE digest = ?'),
    dropLease: sql('DELETE FROM leases WHERE digest = ?'),

    putRecord: sql(`INSERT INTO records (digest, scope, generation, expires_at, stale_for, kept_until, tags, record)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (digest) DO UPDATE SET scope = excluded.scope, generation = excluded.generation,
        expires_at = excluded.expires_at, stale_for = excluded.stale_for, held_until = NULL,
        kept_until = excluded.kept_until, tags = excluded.tags, record = excluded.record`),
    holdBack: sql('UPDATE records SET held_until = ? WHERE digest = ?'),
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
    namespace: sql('SELECT id, expiries FROM namespaces WHERE name = ?'),
    voidTag: sql('INSERT OR REPLACE INTO tag_voids (namespace, tag, generation, void_by) VALUES (?, ?, ?, ?)'),
    noteTagVoid: sql('UPDATE namespaces SET tag_void = ? WHERE id = ?'),
    oldTagVoids: sql('SELECT rowid, namespace, generation FROM tag_voids WHERE rowid <= ?'),
    /** Both: what is below the floor is looked for below the newest only. */
    raiseTagFloor: sql('UPDATE namespaces SET tag_floor = max(tag_floor, ?), tag_void = max(tag_void, ?) WHERE id = ?'),
    forgetTagVoid: sql('DELETE FROM tag_voids WHERE rowid = ?'),
    isTagVoid: sql(`SELECT 1 FROM namespaces n WHERE n.id = ? AND ? <= n.tag_void AND (? <= n.tag_floor OR EXISTS (
      SELECT 1 FROM json_each(?) j CROSS JOIN tag_voids t ON t.namespace = n.id AND t.tag = j.value WHERE t.generation >= ?))`),

    /** Who was the last: namespace, tags, which may be damaged, since which generation. */
    tagVoid: sql(`SELECT t.tag, t.void_by AS by FROM tag_voids t WHERE t.namespace = ?1 AND t.generation >= ?3
      AND t.tag IN (SELECT value FROM json_each(CASE WHEN json_valid(?2) THEN ?2 END)) ORDER BY t.generation DESC LIMIT 1`),

    /** One key: now, and until when it is kept but for its windows. */
    expireRecord:
      sql(`UPDATE records SET kept_until = min(ifnull(kept_until, 9e999), min(expires_at, ?1) - ?1 + ?2 + stale_for),
        expires_at = min(expires_at, ?1) WHERE digest = ?3`),
    expireLease: sql('UPDATE leases SET expired_at = ifnull(expired_at, ?) WHERE digest = ?'),
    scopesOf: sql('SELECT id, expiries FROM scopes WHERE namespace = ? AND identity = ?'),
    expireScope: sql('UPDATE scopes SET expired_to = ?, expiries = ? WHERE id = ?'),
    expireNamespace: sql('UPDATE namespaces SET expired_to = ?, expiries = ? WHERE id = ?'),
    /** Adds a mark to those of a tag: namespace, tag, generation, the mark. */
    expireTag: sql(`INSERT OR REPLACE INTO tag_expiries (namespace, tag, generation, expiries)
      VALUES (?1, ?2, ?3, ifnull((SELECT expiries || ',' FROM tag_expiries WHERE namespace = ?1 AND tag = ?2), '') || ?4)
      RETURNING rowid, expiries`),
    setTagExpiries: sql('UPDATE tag_expiries SET expiries = ? WHERE rowid = ?'),
    noteTagExpired: sql('UPDATE namespaces SET tag_expired = ? WHERE id = ?'),
    oldTagExpiries: sql('SELECT rowid, namespace, generation FROM tag_expiries WHERE rowid <= ?'),
    forgetTagExpiry: sql('DELETE FROM tag_expiries WHERE rowid = ?'),
    /** The marks of a scope and its namespace; those of tags: namespace, tags, generation. */
    expiries: sql(
      'SELECT s.expiries AS scope, n.expiries AS namespace FROM scopes s, namespaces n WHERE s.id = ? AND n.id = ?',
    ),
    tagExpiries: sql(`SELECT t.expiries FROM tag_expiries t WHERE t.namespace = ?1 AND t.generation >= ?3
      AND t.tag IN (SELECT value FROM json_each(?2))`),

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
        s.void_by AS scopeVoidBy, n.void_by AS namespaceVoidBy, ${TAG_VOID} AS byTag,
        ${MARKED} AND (r.tags IS NULL OR json_valid(r.tags)) AS marked, r.generation, r.scope, n.id AS namespace, r.tags
      FROM ${RECORD} WHERE r.id > ? ORDER BY r.id LIMIT ?`),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;
