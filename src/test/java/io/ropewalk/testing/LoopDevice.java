package io.ropewalk.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A block device over a file, for tests that run as root. */
public final class LoopDevice implements AutoCloseable {
    private final Path losetup;
    private final Path path;

    private LoopDevice(Path losetup, Path path) {
        this.losetup = losetup;
        this.path = path;
    }

    /** Skips the test, with a hint, where it may not do what only root may. */
    public static void requireRoot() {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")), "needs root, for loop devices and mounts");
        Assumptions.assumeTrue(
                Files.exists(Path.of("/dev/loop-control")), "needs loop devices; none in this container?");
    }

    /** Attaches {@code file} to a free loop device with sectors of {@code sectorBytes}. */
    public static LoopDevice attach(Path file, int sectorBytes) throws IOException, InterruptedException {
        requireRoot();
        Path losetup = Tools.require("losetup");
        Command made =
                Command.run(losetup.toString(), "--find", "--show", "--sector-size", "" + sectorBytes, file.toString());
        Assumptions.assumeTrue(made.isSuccess(), "no loop device could be had: " + made.output());
        return new LoopDevice(losetup, Path.of(made.output()));
    }

    /** "/dev/loop7" or so. */
    public Path path() {
        return path;
    }

    /** Follows the backing file's new size. */
    public void resize() throws IOException, InterruptedException {
        Command.output(losetup.toString(), "--set-capacity", path.toString());
    }

    @Override
    public void close() throws IOException, InterruptedException {
        Command.output(losetup.toString(), "--detach", path.toString());
    }
}
