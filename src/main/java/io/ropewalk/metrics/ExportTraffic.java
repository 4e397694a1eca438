package io.ropewalk.metrics;

import io.ropewalk.inventory.ExportedDevice;
import io.ropewalk.inventory.InventoryListener;
import io.ropewalk.nbd.NbdPeer;
import io.ropewalk.nbd.NbdServerObserver;
import io.ropewalk.nbd.NbdSessionView;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * The TLS handshakes of NBD clients, and the bytes that went through each export: those of sessions that are over are kept here, those of open sessions are the
 * sessions' own. Any thread.
 *
 * <p>A session that ends is told of here before the server stops listing it. So a scrape asks the server first, and leaves
 * out of what it was told those that are over here: no byte is counted twice, and no count goes back.
 */
public final class ExportTraffic implements NbdServerObserver, InventoryListener {
    /** How a TLS handshake ended. */
    enum TlsResult {
        SUCCEEDED,
        FAILED
    }

    /** More sessions than can be over and listed still. */
    private static final int MOST_ENDED = 1 << 16;

    private final AtomicLong tlsSucceeded = new AtomicLong();
    private final AtomicLong tlsFailed = new AtomicLong();
    /** Of exports that are there. */
    private final Map<String, Long> bytesOfEnded = new HashMap<>();
    /** The oldest first. Where nobody scrapes, nobody else forgets. */
    private final SequencedSet<Long> endedLately = new LinkedHashSet<>();

    @Override
    public void onTlsHandshake(NbdPeer peer, boolean succeeded) {
        (succeeded ? tlsSucceeded : tlsFailed).incrementAndGet();
    }

    /** TLS handshakes that ended so. */
    long tlsHandshakes(TlsResult result) {
        return switch (result) {
            case SUCCEEDED -> tlsSucceeded.get();
            case FAILED -> tlsFailed.get();
        };
    }

    @Override
    public synchronized void onSessionClosed(NbdSessionView session, String reason) {
        endedLately.add(session.id());
        if (endedLately.size() > MOST_ENDED) {
            endedLately.removeFirst();
        }
        String export = session.export();
        if (export != null) {
            bytesOfEnded.computeIfPresent(export, (name, before) -> before + bytes(session));
        }
    }

    @Override
    public synchronized void onExportAppeared(ExportedDevice export) {
        bytesOfEnded.put(export.name(), 0L);
    }

    @Override
    public synchronized void onExportVanished(ExportedDevice export) {
        bytesOfEnded.remove(export.name());
    }

    /**
     * Bytes by export, those without any left out.
     *
     * @param listed what the server listed just before
     */
    synchronized Map<String, Long> bytes(List<NbdSessionView> listed) {
        Map<String, Long> bytes = new HashMap<>(bytesOfEnded);
        for (NbdSessionView session : listed) {
            String export = session.export();
            if (export != null && !endedLately.contains(session.id())) {
                bytes.merge(export, bytes(session), Long::sum);
            }
        }
        forget(listed);
        return bytes;
    }

    synchronized int remembered() {
        return endedLately.size();
    }

    /** Who is not listed any more will not be listed again. */
    private void forget(List<NbdSessionView> listed) {
        Set<Long> ids = listed.stream().map(NbdSessionView::id).collect(Collectors.toSet());
        endedLately.retainAll(ids);
    }

    private static long bytes(NbdSessionView session) {
        return session.bytesRead() + session.bytesWritten();
    }
}
