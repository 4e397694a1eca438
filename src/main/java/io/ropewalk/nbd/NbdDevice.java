package io.ropewalk.nbd;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.DeviceListeners;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoLoop;
import io.ropewalk.net.NettyLoop;
import io.ropewalk.net.NettyLoops;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An export of an NBD server, reached as a client. Thread-safe: what changes is guarded by this object, but for what
 * the export was last known to be, which is one volatile reference.
 *
 * <p><b>Connections.</b> Where the server says CAN_MULTI_CONN, each channel has a connection of its own on its own
 * loop. Where it does not, the protocol forbids a second one, so that all channels share a single connection on the loop
 * of the first of them; channels of other loops pass their requests to that loop and get their answers on theirs. In
 * both cases all channels see one consistent device: the device has {@link io.ropewalk.block.Capability#MULTI_CHANNEL}
 * always, either because the server promises it or because there is one connection only. A shared connection is also a
 * shared fate: to abort one channel, or to close it with requests in flight, ends the session for all.
 *
 * <p><b>Identity.</b> A connection made later must find the export as it was when the device was opened: the same size,
 * and nothing worse. Else requests are answered with IDENTITY. Only {@link #refreshGeometry} accepts another size.
 */
final class NbdDevice implements BlockDevice {
    private static final Logger CONTROL = LoggerFactory.getLogger("io.ropewalk.nbd.control");
    /** How long {@link #refreshGeometry} waits for what is in flight, beyond connecting. */
    private static final Duration DRAIN_TIME = Duration.ofSeconds(5);

    private final String name;
    private final NettyLoops loops;
    private final NbdUri uri;
    private final NbdClientOptions options;
    private final DeviceListeners listeners = new DeviceListeners();
    private final Set<BlockChannel> channels = new HashSet<>();
    private final Set<NbdClientLink> links = new HashSet<>();
    private volatile NbdClientExport known;
    /** What was worse at the last look; told once. */
    private volatile @Nullable String lastDifference;

    private boolean closed;

    NbdDevice(String name, NettyLoops loops, NbdUri uri, NbdClientOptions options, NbdClientExport known) {
        this.name = name;
        this.loops = loops;
        this.uri = uri;
        this.options = options;
        this.known = known;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Geometry geometry() {
        return known.geometry();
    }

    @Override
    public Capabilities capabilities() {
        return known.capabilities();
    }

    /**
     * Opens a channel; it connects at the first request or when it is told to prepare.
     *
     * @param loop one of the event loops that the factory was given
     */
    @Override
    public synchronized BlockChannel open(IoLoop loop) {
        if (!(loop instanceof NettyLoop home)) {
            throw new IllegalArgumentException("An NBD channel lives on an event loop, not on " + loop);
        }
        NbdClientLink link = linkFor(home);
        link.references++;
        NbdDeviceChannel direct = new NbdDeviceChannel(this, link, !closed);
        BlockChannel channel = link.loop() == home ? direct : relayTo(direct, home);
        if (!closed) {
            channels.add(channel);
            onLoop(link.loop(), () -> link.join(direct));
        }
        return channel;
    }

    private NbdDeviceRelay relayTo(NbdDeviceChannel direct, NettyLoop home) {
        NbdDeviceRelay relay = new NbdDeviceRelay(this, home, direct, !closed);
        relay.follow();
        return relay;
    }

    /** Connects and asks for the size; quietly keeps the old one when the server cannot be reached. */
    @Override
    public void refreshGeometry() {
        NbdClientLink single = singleLink();
        if (single == null) {
            refreshByProbe();
        } else {
            refreshBy(single);
        }
    }

    @Override
    public void addListener(DeviceListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(DeviceListener listener) {
        listeners.remove(listener);
    }

    @Override
    public void close() {
        List<BlockChannel> open;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            open = List.copyOf(channels);
        }
        open.forEach(channel -> inLoop(channel.loop(), channel::close));
        listeners.tell(listener -> listener.onClosed(this));
    }

    @Override
    public String toString() {
        return name + " (" + uri.canonical() + ")";
    }

    NettyLoops loops() {
        return loops;
    }

    NbdUri uri() {
        return uri;
    }

    NbdClientOptions options() {
        return options;
    }

    String server() {
        return uri.server();
    }

    /** What makes {@code found} another export than the one that was opened, as a clause; null when it is the same. */
    @Nullable String differenceOf(NbdClientExport found) {
        return found.differenceFrom(known);
    }

    /** Takes over the size of {@code found}; when it is otherwise another export, as {@link #differenceOf}. */
    @Nullable String adopt(NbdClientExport found) {
        Geometry before;
        Geometry now;
        List<NbdClientLink> stale;
        synchronized (this) {
            String worse = found.worseThan(known);
            before = known.geometry();
            now = before.withSize(found.sizeInBlocksOf(known));
            if (worse != null || now.equals(before)) {
                return worse;
            }
            known = new NbdClientExport(
                    now, known.capabilities(), known.multiConnection(), known.style(), known.allocationContext());
            stale = List.copyOf(links);
        }
        CONTROL.info("{}: its size is {} bytes now, it was {}", name, now.sizeBytes(), before.sizeBytes());
        stale.forEach(link -> inLoop(link.loop(), link::onResized));
        listeners.tell(listener -> listener.onGeometryChanged(this, before, now));
        return null;
    }

    /** {@code channel} uses {@code link} no more. On the link's loop. */
    void release(NbdClientLink link) {
        boolean last;
        synchronized (this) {
            last = --link.references == 0;
            if (last) {
                links.remove(link);
            }
        }
        if (last) {
            link.close();
        }
    }

    synchronized void forget(BlockChannel channel) {
        channels.remove(channel);
    }

    private NbdClientLink linkFor(NettyLoop home) {
        if (!known.multiConnection() && !links.isEmpty()) {
            return links.iterator().next();
        }
        NbdClientLink link = new NbdClientLink(this, home);
        links.add(link);
        return link;
    }

    private synchronized @Nullable NbdClientLink singleLink() {
        return known.multiConnection() || links.isEmpty()
                ? null
                : links.iterator().next();
    }

    private void refreshByProbe() {
        try {
            String worse = adopt(NbdClientProbe.look(loops, uri, options));
            boolean isNews = !Objects.equals(worse, lastDifference);
            lastDifference = worse;
            if (worse != null && isNews) {
                CONTROL.warn("{}: {} came back with another export: {}", name, server(), worse);
            }
        } catch (DeviceException e) {
            CONTROL.debug("{}: its size cannot be asked for: {}", name, e.getMessage());
        }
    }

    private void refreshBy(NbdClientLink link) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        Duration patience =
                options.connectTimeout().plus(options.handshakeTimeout()).plus(DRAIN_TIME);
        try {
            link.loop().execute(() -> link.refresh(done));
            done.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | RejectedExecutionException e) {
            CONTROL.debug("{}: its size cannot be asked for: {}", name, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As {@link #inLoop}, at once where that is where we are. */
    private static void onLoop(IoLoop loop, Runnable task) {
        if (loop.inLoop()) {
            task.run();
        } else {
            inLoop(loop, task);
        }
    }

    private static void inLoop(IoLoop loop, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            CONTROL.debug("The loop has stopped already", e);
        }
    }
}
