package io.ropewalk.nbd;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A session as seen from outside, at one moment; the counters are read while others count.
 *
 * @param id names it for as long as the server lives
 * @param export what it uses; null while it still negotiates
 * @param peer who it serves
 * @param since when it connected
 * @param readOnly whether it may only read
 * @param inFlight requests not answered yet
 * @param requests requests received, illegal ones included
 * @param errors requests answered with an error
 * @param bytesRead bytes of READs that succeeded
 * @param bytesWritten bytes of WRITEs that succeeded
 */
public record NbdSessionView(
        long id,
        @Nullable String export,
        NbdPeer peer,
        Instant since,
        boolean readOnly,
        int inFlight,
        long requests,
        long errors,
        long bytesRead,
        long bytesWritten) {}
