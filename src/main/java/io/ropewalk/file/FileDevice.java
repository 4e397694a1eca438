package io.ropewalk.file;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.DeviceListeners;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.StoreIdentity;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A regular file or local block device. Any thread.
 *
 * <p>All blocking calls run on {@link IoThreads} of the device's own. Channels hand their requests over as
 * {@link FileCall}s and get them back on their loop. The file is closed, and its lock given back, when the device is
 * closed and the last call has come back, be that never.
 */
final class FileDevice implements BlockDevice {
    private static final System.Logger LOG = System.getLogger(FileDevice.class.getName());
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(10);

    private final String name;
    private final String path;
    private final OpenFile file;
    private final Medium medium;
    private final IoThreads threads;
    private final AtomicReference<Geometry> geometry;
    private final DeviceListeners listeners = new DeviceListeners();
    private final Set<FileBlockChannel> channels = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean vanished = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    private FileDevice(String name, String path, OpenFile file, Medium medium) {
        this.name = name;
        this.path = path;
        this.file = file;
        this.medium = medium;
        this.threads = new IoThreads(name);
        this.geometry = new AtomicReference<>(medium.geometry());
    }

    /** Opens {@code asked}, if that is allowed, and learns its shape. Blocks, for as long as the file system likes. */
    static FileDevice open(String name, FileTarget asked, AllowedPaths allowed) throws DeviceException {
        OpenFile file = OpenFile.open(asked, allowed);
        FileTarget target = file.target();
        try {
            Medium medium = file.stat().type() == Stat.Type.BLOCK
                    ? LocalDisk.inspect(target, file)
                    : RegularFile.inspect(target, file);
            return new FileDevice(name, target.display(), file, medium);
        } catch (DeviceException | RuntimeException e) {
            file.release();
            throw e;
        }
    }

    @Override
    public String name() {
        return name;
    }

    /** The path for people. */
    String path() {
        return path;
    }

    OpenFile file() {
        return file;
    }

    Medium medium() {
        return medium;
    }

    IoThreads threads() {
        return threads;
    }

    boolean isClosed() {
        return closed.get();
    }

    @Override
    public Geometry geometry() {
        return geometry.get();
    }

    @Override
    public Capabilities capabilities() {
        return medium.capabilities();
    }

    @Override
    public BlockChannel open(IoLoop loop) {
        FileBlockChannel channel = new FileBlockChannel(this, loop);
        channels.add(channel);
        return channel;
    }

    void forget(FileBlockChannel channel) {
        channels.remove(channel);
    }

    /** A look at the file itself: it disturbs nobody. */
    @Override
    public void pollGeometry() {
        refreshGeometry();
    }

    /** {@inheritDoc} Waits at most 10 s; a disk that does not answer by then keeps the size it had. */
    @Override
    public void refreshGeometry() {
        CompletableFuture<Long> answer = new CompletableFuture<>();
        try {
            threads.execute(() -> answer.complete(measure()));
            take(answer.get(LOOK_TIMEOUT.toSeconds(), TimeUnit.SECONDS));
        } catch (RejectedExecutionException e) {
            // Closed meanwhile: nothing to look at.
        } catch (TimeoutException e) {
            LOG.log(Level.WARNING, "{0}: {1} does not tell its size", name, path);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new AssertionError("measuring does not throw", e);
        }
    }

    private long measure() {
        if (!file.acquire()) {
            return geometry().sizeBytes();
        }
        try {
            return medium.measure();
        } finally {
            file.release();
        }
    }

    private void take(long sizeOrErrno) {
        if (sizeOrErrno < 0) {
            int errno = (int) -sizeOrErrno;
            LOG.log(Level.WARNING, "{0}: cannot look at the size of {1}: {2}", name, path, Errno.text(errno));
            if (medium.saysGone(errno)) {
                tellVanished(IoError.of(IoError.Kind.GONE, path + " is gone: " + Errno.text(errno)));
            }
            return;
        }
        Geometry before = geometry.getAndUpdate(known -> known.withSize(sizeOrErrno));
        if (before.sizeBytes() != sizeOrErrno) {
            listeners.tell(listener -> listener.onGeometryChanged(this, before, before.withSize(sizeOrErrno)));
        }
    }

    /** The device below has left the system; told once. */
    void tellVanished(IoError error) {
        if (vanished.compareAndSet(false, true)) {
            listeners.tell(listener -> listener.onVanished(this, error));
        }
    }

    @Override
    public @Nullable StoreIdentity storeIdentity() {
        return medium.storeIdentity();
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
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        channels.forEach(FileDevice::close);
        threads.finish(file::release);
        listeners.tell(listener -> listener.onClosed(this));
    }

    private static void close(FileBlockChannel channel) {
        try {
            channel.loop().execute(channel::close);
        } catch (RejectedExecutionException e) {
            // The loop has ended, and whoever waited there with it.
        }
    }

    @Override
    public String toString() {
        return name + " (" + path + ")";
    }
}
