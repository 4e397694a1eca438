package io.ropewalk.config;

import io.ropewalk.nbd.NbdServer;
import java.io.IOException;
import java.time.Duration;

/** Lets NBD clients come; in the end waits for what they have in flight. */
final class NbdLife extends Life {
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final NbdServer server;
    private final Runnable listening;

    /** @param listening what is to be done when the server listens */
    NbdLife(NbdServer server, Runnable listening) {
        super(Phase.NBD);
        this.server = server;
        this.listening = listening;
    }

    @Override
    void begin() {
        try {
            server.start();
            listening.run();
        } catch (IOException e) {
            throw new StartupException(
                    e.getMessage() + ".",
                    "Set ropewalk.nbd.address, ropewalk.nbd.port or ropewalk.nbd.unix-socket.",
                    e);
        }
    }

    @Override
    void end() {
        server.close(GRACE);
    }
}
