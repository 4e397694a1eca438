package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.file.Stat.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On files as the kernel writes them: disk 8:0 with the partitions 8:1 and 8:2, disk 8:16. */
class DiskUseTest {
    private static final Identity DISK = block(8, 0);
    private static final Identity FIRST = block(8, 1);
    private static final Identity SECOND = block(8, 2);
    private static final Identity OTHER = block(8, 16);

    @TempDir
    Path folder;

    @BeforeEach
    void makeDisks() throws IOException {
        Path disk = device("sda", "8:0");
        device("sdb", "8:16");
        partition(disk, "sda1", "8:1");
        partition(disk, "sda2", "8:2");
        Files.writeString(folder.resolve("swaps"), "Filename\tType\tSize\tUsed\tPriority\n");
        Files.writeString(folder.resolve("mounts"), "30 1 0:27 / /run rw - tmpfs tmpfs rw\n");
    }

    @Test
    void aDiskThatNobodyUses_isFree() {
        assertThat(use(DISK)).isEqualTo("free");
        assertThat(use(OTHER)).isEqualTo("free");
    }

    @Test
    void aMountedPartition_bindsItselfAndTheDisk_butNotItsSibling() throws IOException {
        mount("31 1 8:1 / /srv/my\\040disk rw,relatime shared:1 - ext4 /dev/sda1 rw");

        assertThat(use(FIRST)).isEqualTo("it is mounted on /srv/my disk; unmount that first");
        assertThat(use(DISK)).startsWith("it is mounted");
        assertThat(use(SECOND)).isEqualTo("free");
        assertThat(use(OTHER)).isEqualTo("free");
    }

    @Test
    void aMountedDisk_bindsItsPartitions() throws IOException {
        mount("31 1 8:0 / /srv rw - xfs /dev/sda rw");

        assertThat(use(SECOND)).startsWith("it is mounted");
    }

    @Test
    void aPartitionThatCarriesAnotherDevice_bindsTheDiskToo() throws IOException {
        Files.createDirectories(folder.resolve("sys/8:2/holders/dm-3"));

        assertThat(use(SECOND)).isEqualTo("the device dm-3 is built on it; take that apart first");
        assertThat(use(DISK)).contains("dm-3");
        assertThat(use(FIRST)).isEqualTo("free");
    }

    @Test
    void aFileThatTheSystemSwapsTo_isInUse() throws Exception {
        Path file = Files.createFile(folder.resolve("swap file"));
        Files.writeString(
                folder.resolve("swaps"),
                "Filename Type Size Used Priority\n" + file.toString().replace(" ", "\\040") + "\tfile\t1024\t0\t-2\n");
        Stat stat = new Stat();
        assertThat(Libc.statx(file.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8), stat))
                .isZero();

        assertThat(use(stat.identity())).isEqualTo("the system swaps to it; end that first (swapoff)");
        assertThat(use(new Identity(false, 1, 1))).isEqualTo("free");
    }

    private String use(Identity store) {
        return new DiskUse(folder.resolve("mounts"), folder.resolve("swaps"), folder.resolve("sys"))
                .find(store)
                .orElse("free");
    }

    private void mount(String line) throws IOException {
        Files.writeString(folder.resolve("mounts"), line + "\n");
    }

    private Path device(String name, String numbers) throws IOException {
        Path device = Files.createDirectories(folder.resolve("devices").resolve(name));
        Files.writeString(device.resolve("dev"), numbers + "\n");
        Files.createDirectory(device.resolve("holders"));
        Files.createSymbolicLink(Files.createDirectories(folder.resolve("sys")).resolve(numbers), device);
        return device;
    }

    private void partition(Path disk, String name, String numbers) throws IOException {
        Path partition = Files.createDirectory(disk.resolve(name));
        Files.writeString(partition.resolve("dev"), numbers + "\n");
        Files.writeString(partition.resolve("partition"), "1\n");
        Files.createDirectory(partition.resolve("holders"));
        Files.createSymbolicLink(folder.resolve("sys").resolve(numbers), partition);
    }

    private static Identity block(long major, long minor) {
        return new Identity(true, major << 32 | minor, 0);
    }
}
