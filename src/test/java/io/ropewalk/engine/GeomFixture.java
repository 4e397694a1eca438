package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.ScriptedDevice.Disk;
import io.ropewalk.testing.VirtualLoop;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A geom named {@code m} over scripted devices {@code md0, md1 …} that share one disk, on one virtual loop. */
final class GeomFixture {
    static final int SIZE = 1 << 20;

    final VirtualLoop loop = new VirtualLoop();
    final Disk disk = new Disk(SIZE);
    final List<ScriptedDevice> devices = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    final Geom geom;
    final BlockChannel channel;

    GeomFixture(Mode mode, int paths) {
        this(mode, Policies.DEFAULT, paths);
    }

    GeomFixture(Mode mode, Policies policies, int paths) {
        for (int i = 0; i < paths; i++) {
            devices.add(new ScriptedDevice("md" + i, disk));
        }
        try {
            geom = Geom.create(
                    "m",
                    GeomType.MANUAL,
                    null,
                    mode,
                    policies,
                    null,
                    List.<BlockDevice>copyOf(devices),
                    loop,
                    () -> Instant.EPOCH.plusNanos(loop.nanoTime()),
                    new Recorder());
        } catch (GeomRefusal e) {
            throw new AssertionError(e);
        }
        channel = geom.open(loop);
        loop.run();
    }

    ScriptedDevice md(int index) {
        return devices.get(index);
    }

    /** Reads of 4 KiB, each asked when the one before was answered or waits. */
    void readOneByOne(int reads) {
        for (int i = 0; i < reads; i++) {
            Ask.read(channel, 0, 4096);
            loop.run();
        }
    }

    ScriptedDevice newDevice() {
        ScriptedDevice device = new ScriptedDevice("md" + devices.size(), disk);
        devices.add(device);
        return device;
    }

    /** The original's {@code check}: what getactive says, the geom's state, the paths' states as listed. */
    void check(String active, GeomState state, PathState... paths) {
        GeomReport report = geom.report();
        assertThat(String.join(" ", report.activePaths())).isEqualTo(active);
        assertThat(report.state()).isEqualTo(state);
        assertThat(report.paths().stream().map(PathReport::state)).isEqualTo(Arrays.asList(paths));
    }

    Stream<String> eventsOf(String kind) {
        return events.stream().filter(event -> event.startsWith(kind + " "));
    }

    private final class Recorder implements EngineObserver {
        @Override
        public void onPathAdded(Geom of, String path) {
            events.add("added " + path);
        }

        @Override
        public void onPathLost(Geom of, String path, String why) {
            events.add("lost " + path);
        }

        @Override
        public void onPathRemoved(Geom of, String path) {
            events.add("removed " + path);
        }

        @Override
        public void onPathFailed(Geom of, String path, FailReason reason, String detail, @Nullable IoError error) {
            events.add("failed " + path + " " + reason);
        }

        @Override
        public void onPathRestored(Geom of, String path, RestoreTrigger trigger) {
            events.add("restored " + path + " " + trigger);
        }

        @Override
        public void onActiveChanged(Geom of, @Nullable String path) {
            events.add("active " + path);
        }

        @Override
        public void onUnflushedLost(Geom of, String path, long bytes, List<UnflushedRange> ranges) {
            events.add("unflushed " + path + " " + bytes + " "
                    + ranges.stream()
                            .map(range -> range.offset() + "+" + range.length())
                            .toList());
        }

        @Override
        public void onUnfenced(Geom of, String path, long offset, long length) {
            events.add("unfenced " + path + " " + offset + "+" + length);
        }

        @Override
        public void onStateChanged(Geom of, GeomState before, GeomState now) {
            events.add("state " + now);
        }
    }
}
