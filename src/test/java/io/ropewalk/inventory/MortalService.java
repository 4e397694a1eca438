package io.ropewalk.inventory;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceFactory;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.store.TestDatabase;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A process with an inventory over files and the real database, which does one verb on labels and stands still at one of
 * its steps, to be killed there: before a write to a disk, before something is stored, or, as the last, when the verb has
 * been acknowledged. It says so in a line.
 */
final class MortalService {
    /** As quick as in other tests, and patient with a machine that is busy starting processes. */
    static final InventorySettings PATIENT = new InventorySettings(
            InventoryFixture.QUICK.policies().withAttemptTimeout(Duration.ofSeconds(30)),
            Duration.ofSeconds(60),
            InventoryFixture.QUICK.checkInterval(),
            InventoryFixture.QUICK.retryFirst(),
            InventoryFixture.QUICK.retryMost(),
            Duration.ofSeconds(60),
            InventoryFixture.QUICK.eventCapacity(),
            Duration.ofSeconds(30));

    private static final int LAST = Integer.MAX_VALUE;

    private final AtomicInteger steps = new AtomicInteger();
    private final int deadlyStep;
    private volatile boolean armed;

    private MortalService(int deadlyStep) {
        this.deadlyStep = deadlyStep;
    }

    /** Folder, verb, number of the step to stand still at, from 1. */
    public static void main(String[] arguments) throws Exception {
        MortalService service = new MortalService(Integer.parseInt(arguments[2]));
        service.run(Path.of(arguments[0]), arguments[1]);
    }

    private void run(Path folder, String verb) throws Exception {
        TestDatabase database = TestDatabase.in(folder.resolve("data"));
        NettyLoops loops = new NettyLoops(Transport.NIO, 1);
        InventoryStore store = database.store();
        armed = verb.equals("resize");
        Inventory inventory = new Inventory(
                new Store(store), List.of(new Factory()), loops::next, Instant::now, EngineObserver.NONE, PATIENT);
        inventory.start();
        armed = true;
        act(inventory, verb);
        standStill("DONE", LAST);
    }

    private static void act(Inventory inventory, String verb) throws InterruptedException {
        switch (verb) {
            case "label" ->
                inventory.createGeom(
                        new GeomSpec(
                                "disk1",
                                GeomType.AUTOMATIC,
                                Mode.ACTIVE_PASSIVE,
                                inventory.defaultPolicies(),
                                List.of("a", "b")),
                        Terms.NONE);
            case "configure" ->
                inventory.configureGeom(
                        "disk1", now -> new GeomSettings(Mode.ACTIVE_ACTIVE, now.policies()), Terms.NONE);
            case "destroy" -> inventory.destroyGeom("disk1", false, Terms.NONE);
            case "clear" -> inventory.clearLabel("a", Terms.NONE);
            case "resize" -> awaitResized(inventory);
            default -> throw new IllegalArgumentException(verb);
        }
    }

    /** The disk has grown while we were away. */
    private static void awaitResized(Inventory inventory) throws InterruptedException {
        while (inventory.eventsAfter(0, 1000).items().stream()
                .noneMatch(event -> event.type().equals("geom.resized"))) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private void step(String what) {
        if (armed) {
            standStill("AT " + what, steps.incrementAndGet());
        }
    }

    /** For good, if it is the step. */
    private void standStill(String line, int step) {
        if (step == deadlyStep || step == LAST) {
            System.out.println(line);
            while (true) {
                LockSupport.park();
            }
        }
    }

    private final class Store implements InventoryStore {
        private final InventoryStore real;

        Store(InventoryStore real) {
            this.real = real;
        }

        @Override
        public DesiredState load() throws StoreException {
            return real.load();
        }

        @Override
        public void save(DesiredState before, DesiredState after, @org.jspecify.annotations.Nullable AuditEntry entry)
                throws StoreException {
            step("save");
            real.save(before, after, entry);
        }
    }

    private final class Factory implements DeviceFactory {
        private final DeviceFactory real = new FileDeviceFactory();

        @Override
        public Set<String> schemes() {
            return real.schemes();
        }

        @Override
        public URI normalize(URI uri) throws DeviceException {
            return real.normalize(uri);
        }

        @Override
        public BlockDevice open(String name, URI uri) throws DeviceException {
            return new Device(real.open(name, uri));
        }
    }

    private final class Device implements BlockDevice {
        private final BlockDevice real;

        Device(BlockDevice real) {
            this.real = real;
        }

        @Override
        public String name() {
            return real.name();
        }

        @Override
        public Geometry geometry() {
            return real.geometry();
        }

        @Override
        public Capabilities capabilities() {
            return real.capabilities();
        }

        @Override
        public BlockChannel open(IoLoop loop) {
            return new Channel(this, real.open(loop));
        }

        @Override
        public void addListener(DeviceListener listener) {
            real.addListener(listener);
        }

        @Override
        public void removeListener(DeviceListener listener) {
            real.removeListener(listener);
        }

        @Override
        public void close() {
            real.close();
        }
    }

    private final class Channel extends BlockChannel {
        private final BlockChannel real;

        Channel(BlockDevice device, BlockChannel real) {
            super(device, real.loop());
            this.real = real;
        }

        @Override
        protected void start(IoRequest request) {
            if (request.op() != IoOp.READ) {
                step(request.op() + " " + request.offset());
            }
            real.submit(new Relay(request));
        }

        @Override
        public void abort(IoError error) {
            real.abort(error);
        }

        @Override
        public void close() {
            real.close();
        }
    }

    private static final class Relay extends IoRequest {
        private final IoRequest asked;

        Relay(IoRequest asked) {
            this.asked = asked;
            askSame(asked, false);
        }

        @Override
        protected void onAnswer() {
            asked.answerAs(this);
        }
    }
}
