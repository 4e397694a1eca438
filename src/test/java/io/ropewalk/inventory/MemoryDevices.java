package io.ropewalk.inventory;

import static java.util.Objects.requireNonNull;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.DeviceFactory;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError.Kind;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Opens {@code mem://host/disk}; what is there, and in what state, the test says. Any thread. */
final class MemoryDevices implements DeviceFactory {
    private final Map<String, Geometry> present = new ConcurrentHashMap<>();
    private final Map<String, MemoryDisk> disks = new ConcurrentHashMap<>();
    private final Map<String, Reason> refusing = new ConcurrentHashMap<>();
    private final Map<String, MemoryDevice> latest = new ConcurrentHashMap<>();
    final List<MemoryDevice> opened = new CopyOnWriteArrayList<>();
    final AtomicInteger tries = new AtomicInteger();
    volatile @Nullable CountDownLatch gate;
    private volatile @Nullable Kind nextFault;

    /** A disk of its own behind the URI; the one that was there, if it has that size. */
    MemoryDevices with(String uri, long size, int sector) {
        MemoryDisk known = disks.get(uri);
        return with(uri, known != null && known.size() == size ? known : new MemoryDisk(size), sector);
    }

    MemoryDevices with(String uri, MemoryDisk disk, int sector) {
        refusing.remove(uri);
        disks.put(uri, disk);
        present.put(uri, Geometry.of(disk.size(), sector));
        return this;
    }

    MemoryDevices without(String uri) {
        present.remove(uri);
        return this;
    }

    MemoryDevices refusing(String uri, Reason reason) {
        refusing.put(uri, reason);
        return this;
    }

    /** What is opened from now on answers with that. */
    void failNextWith(@Nullable Kind kind) {
        nextFault = kind;
    }

    /** The device opened last under that name. */
    MemoryDevice device(String name) {
        MemoryDevice device = latest.get(name);
        if (device == null) {
            throw new AssertionError("never opened: " + name);
        }
        return device;
    }

    @Override
    public Set<String> schemes() {
        return Set.of("mem");
    }

    @Override
    public URI normalize(URI uri) throws DeviceException {
        if (uri.getHost() == null) {
            throw new DeviceException(Reason.INVALID_URI, "The URI " + uri + " names no host");
        }
        return URI.create(uri.toString().toLowerCase(Locale.ROOT));
    }

    @Override
    public BlockDevice open(String name, URI uri) throws DeviceException {
        tries.incrementAndGet();
        awaitGate();
        Reason reason = refusing.get(uri.toString());
        if (reason != null) {
            throw new DeviceException(reason, "Opening " + uri + " ended with " + reason);
        }
        Geometry geometry = present.get(uri.toString());
        if (geometry == null) {
            throw new DeviceException(Reason.UNREACHABLE, "Nothing answers at " + uri);
        }
        MemoryDevice device = new MemoryDevice(name, geometry, requireNonNull(disks.get(uri.toString())));
        device.failWith(nextFault);
        opened.add(device);
        latest.put(name, device);
        return device;
    }

    private void awaitGate() {
        CountDownLatch closed = gate;
        if (closed == null) {
            return;
        }
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
