package io.ropewalk.nbd;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.net.NettyLoop;
import io.ropewalk.net.NettyLoops;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Connects to a server, hears what an export is, and leaves in good order. Blocks; not for loops. */
final class NbdClientProbe implements NbdClientSession.Opener {
    private final CompletableFuture<NbdClientExport> found = new CompletableFuture<>();

    private NbdClientProbe() {}

    /**
     * Looks at the export behind {@code uri}, for the connect and handshake time-outs and a farewell of 1 s at
     * most.
     *
     * @throws DeviceException when there is nothing usable
     */
    static NbdClientExport look(NettyLoops loops, NbdUri uri, NbdClientOptions options) throws DeviceException {
        if (loops.loops().stream().anyMatch(NettyLoop::inLoop)) {
            throw new IllegalStateException("An event loop must not wait for " + uri.server());
        }
        NbdClientProbe probe = new NbdClientProbe();
        NettyLoop loop = loops.next();
        NbdClientDial dial = new NbdClientDial(loops, loop, uri, options, probe);
        try {
            loop.execute(dial::start);
            return probe.found.get(patience(options).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DeviceException why) {
                throw why;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            loop.execute(dial::cancel);
            Thread.currentThread().interrupt();
            throw new DeviceException(Reason.UNREACHABLE, "Interrupted while waiting for " + uri.server() + ".", e);
        } catch (TimeoutException e) {
            throw new DeviceException(
                    Reason.UNREACHABLE, "Too much is being connected to at a time to reach " + uri.server() + ".", e);
        } catch (RejectedExecutionException e) {
            throw new DeviceException(Reason.UNREACHABLE, "The event loops have stopped.", e);
        }
    }

    /** Longer than all our timers together: for loops that stop under us. */
    private static Duration patience(NbdClientOptions options) {
        return options.connectTimeout().plus(options.handshakeTimeout()).plusSeconds(5);
    }

    @Override
    public void onReady(NbdClientSession session, NbdClientExport export) {
        session.disconnect().addListener(closed -> found.complete(export));
    }

    @Override
    public void onRefused(DeviceException why) {
        found.completeExceptionally(why);
    }
}
