package io.ropewalk.inventory;

import java.time.Instant;

/**
 * A client connected to an export.
 *
 * @param id unique while the service runs
 * @param client the peer's address as people write it
 * @param encrypted whether TLS is on
 */
public record SessionView(String id, String export, String client, Instant since, boolean encrypted) {}
