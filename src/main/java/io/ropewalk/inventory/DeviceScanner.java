package io.ropewalk.inventory;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches folders for local devices: what appears is registered under a name derived from its path, and so tasted; what
 * is gone, or is another file now, departs. It speaks for every device whose file matches one of its patterns, whoever
 * registered it.
 *
 * <p>Two names of one file ({@code /dev/disk/by-id} has several links to each disk) are one device, the first in order:
 * they are no two paths. A file that cannot be registered is tried again with every look, and told of once.
 *
 * <p>Looks on a thread of its own, by polling: notifications do not tell of what happens behind links. One look at a
 * time, guarded by a lock that is never taken on the topology thread.
 */
public final class DeviceScanner implements AutoCloseable {
    /** More than that is a pattern that was not meant so. */
    static final int MOST_DEVICES = 1024;

    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");
    private static final Terms TERMS = Terms.NONE.withActor("scanner");
    private static final String FILE = "file:";
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final Inventory inventory;
    private final List<ScanPattern> patterns;
    private final List<ScanPattern> allowed;
    private final Duration interval;
    private final ReentrantLock look = new ReentrantLock();
    private @Nullable Thread thread;

    /** By device, the file that it is: another one of the same name is another device. */
    private final Map<String, Object> files = new HashMap<>();

    /** By path, why it is not registered, as told. */
    private final Map<Path, String> told = new HashMap<>();

    /**
     * A scanner that does nothing before {@link #start}.
     *
     * @param patterns absolute paths with wildcards in their segments, as {@code /dev/disk/by-id/*}
     * @param allow patterns of which a found file must match one; empty for all that is found
     * @param interval between two looks
     * @throws IllegalArgumentException when a pattern cannot be read; one sentence for people
     */
    public DeviceScanner(Inventory inventory, List<String> patterns, List<String> allow, Duration interval) {
        this.inventory = inventory;
        this.patterns = patterns.stream().map(ScanPattern::parse).toList();
        this.allowed = allow.stream().map(ScanPattern::parse).toList();
        this.interval = interval;
    }

    /** @throws IllegalArgumentException when one of them cannot be read; one sentence for people */
    public static void requirePatterns(List<String> patterns) {
        patterns.forEach(ScanPattern::parse);
    }

    /** Looks once, then now and then. After {@link Inventory#start}. */
    public void start() {
        scan();
        inventory.bindScan(this::scan);
        thread = Thread.ofPlatform().name("device-scanner").daemon().start(this::run);
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(interval);
                scan();
            }
        } catch (InterruptedException e) {
            // We were asked to end.
        }
    }

    /** Looks now. Blocks until what was found is registered and tasted. */
    void scan() {
        look.lock();
        try {
            List<Path> found = found();
            watched().forEach(this::checkPresence);
            arrive(found);
        } catch (InventoryException e) {
            LOG.debug("The look for devices was cut off: {}", e.detail());
        } catch (RuntimeException e) {
            LOG.error("The look for devices failed unexpectedly", e);
        } finally {
            look.unlock();
        }
    }

    private List<Path> found() {
        return patterns.stream()
                .flatMap(pattern -> pattern.find().stream())
                .filter(this::isAllowed)
                .distinct()
                .sorted()
                .toList();
    }

    private boolean isAllowed(Path path) {
        return allowed.isEmpty() || allowed.stream().anyMatch(pattern -> pattern.matches(path));
    }

    /** The registered devices that are files, by device. */
    private SortedMap<String, Path> registered() {
        SortedMap<String, Path> files = new TreeMap<>();
        for (DeviceView device : inventory.devices()) {
            String path =
                    device.uri().startsWith(FILE) ? URI.create(device.uri()).getPath() : null;
            if (path != null) {
                files.put(device.name(), Path.of(path));
            }
        }
        return files;
    }

    /** Those that we speak for. */
    private SortedMap<String, Path> watched() {
        SortedMap<String, Path> watched = registered();
        watched.values()
                .removeIf(path -> !isAllowed(path) || patterns.stream().noneMatch(pattern -> pattern.matches(path)));
        files.keySet().retainAll(watched.keySet());
        return watched;
    }

    // ---- departures

    private void checkPresence(String device, Path path) {
        Object file = fileKey(path);
        Object before = files.get(device);
        if (file == null) {
            files.remove(device);
            takeAway(device, path + " is gone");
        } else if (before == null || before.equals(file) || takeAway(device, path + " is another file now")) {
            files.put(device, file);
        }
    }

    /** Whether that is done; else the next look tries again. */
    private boolean takeAway(String device, String why) {
        try {
            return inventory.takeAway(device, why, TERMS);
        } catch (InventoryException e) {
            if (e.problem() == Problem.STOPPING) {
                throw e;
            }
            LOG.warn("Device {} stays, though {}: {}", device, why, e.detail());
            return false;
        }
    }

    /** What tells a file from another one that has its name later; null when there is none. */
    private static @Nullable Object fileKey(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    // ---- arrivals

    private void arrive(List<Path> found) {
        Set<Path> known = new HashSet<>();
        Set<Path> stores = new HashSet<>();
        for (Path path : registered().values()) {
            known.add(path);
            stores.add(realPath(path));
        }
        told.keySet().retainAll(found);
        for (Path path : found) {
            if (!known.contains(path) && stores.add(realPath(path))) {
                register(path);
            }
        }
    }

    private void register(Path path) {
        if (files.size() >= MOST_DEVICES) {
            tell(path, "there are " + MOST_DEVICES + " devices already; make the patterns narrower");
            return;
        }
        try {
            DeviceView device = inventory.registerDevice(new DeviceSpec(null, uri(path)), TERMS);
            told.remove(path);
            Object file = fileKey(path);
            if (file != null) {
                files.put(device.name(), file);
            }
        } catch (InventoryException e) {
            if (e.problem() == Problem.STOPPING) {
                throw e;
            }
            tell(path, e.detail());
        }
    }

    private static String uri(Path path) {
        return path.toUri().toString();
    }

    private void tell(Path path, String why) {
        if (!why.equals(told.put(path, why))) {
            LOG.info("{} is not registered as a device: {}", path, why);
        }
    }

    /** Where the links end; the path itself when that cannot be known. */
    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }

    /** Looks no more; waits for the look under way, bounded. */
    @Override
    public void close() {
        inventory.bindScan(() -> {});
        Thread running = thread;
        if (running != null) {
            running.interrupt();
            try {
                running.join(CLOSE_TIMEOUT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
