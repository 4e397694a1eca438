package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;

/** An inventory over memory devices, with quick rhythms; and the words that tests use about it. */
final class InventoryFixture implements AutoCloseable {
    static final long SIZE = 1 << 20;
    static final InventorySettings QUICK = new InventorySettings(
            Policies.DEFAULT.withAttemptTimeout(Duration.ofMillis(200)).withQuiesce(Duration.ZERO),
            Duration.ofSeconds(10),
            Duration.ofMillis(50),
            Duration.ofMillis(20),
            Duration.ofMillis(100),
            Duration.ofSeconds(2),
            10_000);

    final MemoryDevices factory = new MemoryDevices();
    final NettyLoops loops = new NettyLoops(Transport.NIO, 1);
    final InventoryStore store;
    EngineObserver observer = EngineObserver.NONE;
    InventorySettings settings = QUICK;
    Inventory inventory;

    InventoryFixture() {
        this(new MemoryStore());
    }

    InventoryFixture(InventoryStore store) {
        this.store = store;
        this.inventory = create();
    }

    private Inventory create() {
        return new Inventory(store, List.of(factory), loops::next, Instant::now, observer, settings);
    }

    InventoryFixture start() {
        try {
            inventory.start();
        } catch (StoreException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    /** As a restart of the service; nothing is brought back but what the store knows. */
    InventoryFixture restart() {
        inventory.close();
        inventory = create();
        return start();
    }

    MemoryStore memory() {
        return (MemoryStore) store;
    }

    static String uri(String device) {
        return "mem://host/" + device;
    }

    /** Registers devices over disks of one size. */
    InventoryFixture devices(String... names) {
        for (String name : names) {
            factory.with(uri(name), SIZE, 512);
            inventory.registerDevice(new DeviceSpec(name, uri(name)), Terms.NONE);
        }
        return this;
    }

    /** Registers devices that all lead to one disk. */
    InventoryFixture paths(MemoryDisk disk, String... names) {
        for (String name : names) {
            factory.with(uri(name), disk, 512);
            inventory.registerDevice(new DeviceSpec(name, uri(name)), Terms.NONE);
        }
        return this;
    }

    GeomSpec labelled(String name, String... paths) {
        return new GeomSpec(name, GeomType.AUTOMATIC, Mode.ACTIVE_PASSIVE, settings.policies(), Arrays.asList(paths));
    }

    GeomView label(String name, String... paths) {
        return inventory.createGeom(labelled(name, paths), Terms.NONE);
    }

    GeomSpec spec(String name, String... paths) {
        return new GeomSpec(name, GeomType.MANUAL, Mode.ACTIVE_PASSIVE, settings.policies(), Arrays.asList(paths));
    }

    GeomView create(String name, String... paths) {
        return inventory.createGeom(spec(name, paths), Terms.NONE);
    }

    PathState stateOf(String geom, String path) {
        return inventory.path(geom, path).state();
    }

    List<PathState> statesOf(String geom) {
        return inventory.paths(geom).stream().map(PathView::state).toList();
    }

    /** Waits for so many more checks of the path to end. */
    void awaitChecks(String geom, String path, int count) {
        CountDownLatch checks = new CountDownLatch(count);
        inventory.addListener(new InventoryListener() {
            @Override
            public void onPathChecked(Geom which, String device, Duration took, @Nullable IoError error) {
                if (which.name().equals(geom) && device.equals(path)) {
                    checks.countDown();
                }
            }
        });
        eventually(() -> assertThat(checks.getCount()).isZero());
    }

    List<EventView> events() {
        return inventory.eventsAfter(0, 10_000).items();
    }

    List<String> eventTypes() {
        return events().stream().map(EventView::type).toList();
    }

    @Nullable EventView lastEvent(String type) {
        return events().stream()
                .filter(event -> event.type().equals(type))
                .reduce((first, second) -> second)
                .orElse(null);
    }

    static void eventually(ThrowingRunnable assertion) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(assertion);
    }

    static InventoryException assertRefused(Problem problem, ThrowingCallable verb) {
        InventoryException e = catchThrowableOfType(InventoryException.class, verb);
        assertThat(e).as("refusal").isNotNull();
        assertThat(e.problem()).as(e.detail()).isEqualTo(problem);
        assertThat(e.detail()).endsWith(".").doesNotContain("\n").doesNotContain("null");
        assertThat(e.correction()).endsWith(".");
        assertThat(e.resource()).isNotBlank();
        return e;
    }

    @Override
    public void close() {
        inventory.close();
        loops.close();
    }
}
