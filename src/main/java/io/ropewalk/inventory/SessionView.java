package io.ropewalk.inventory;

import java.time.Instant;

/**
 * A client connected to an export.
 *
 * @param id unique while the service runs
 * @param client the peer's address as people write it
 * @param encrypted whether TLS is on
 * @param readOnly whether it may only read
 * @param inFlight requests that are not answered yet
 * @param requests requests received
 * @param errors requests answered with an error
 * @param bytesRead bytes that it has read
 * @param bytesWritten bytes that it has written
 */
public record SessionView(
        String id,
        String export,
        String client,
        Instant since,
        boolean encrypted,
        boolean readOnly,
        int inFlight,
        long requests,
        long errors,
        long bytesRead,
        long bytesWritten) {}
