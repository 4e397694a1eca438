package io.ropewalk.testing;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A file system that is mounted for a test; for root. */
public final class Mount implements AutoCloseable {
    private final Path folder;

    private Mount(Path folder) {
        this.folder = folder;
    }

    /** A file system in memory of {@code kibibytes} on {@code folder}. */
    public static Mount memory(Path folder, int kibibytes) throws IOException, InterruptedException {
        return mount(folder, "-t", "tmpfs", "-o", "size=" + kibibytes + "k", "tmpfs");
    }

    /** The file system of a block device on {@code folder}. */
    public static Mount device(Path device, Path folder) throws IOException, InterruptedException {
        return mount(folder, device.toString());
    }

    private static Mount mount(Path folder, String... what) throws IOException, InterruptedException {
        LoopDevice.requireRoot();
        String[] command = new String[what.length + 2];
        command[0] = Tools.require("mount").toString();
        System.arraycopy(what, 0, command, 1, what.length);
        command[command.length - 1] = folder.toString();
        Command mounted = Command.run(command);
        Assumptions.assumeTrue(mounted.isSuccess(), "cannot mount here: " + mounted.output());
        return new Mount(folder);
    }

    public Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        Command.output(Tools.require("umount").toString(), folder.toString());
    }
}
