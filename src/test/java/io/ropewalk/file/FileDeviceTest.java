package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Extent;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import io.ropewalk.testing.Answer;
import io.ropewalk.testing.Command;
import io.ropewalk.testing.LoopDevice;
import io.ropewalk.testing.Mount;
import io.ropewalk.testing.Requests;
import io.ropewalk.testing.TestLoop;
import io.ropewalk.testing.Tools;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FileDeviceTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final TestLoop loop = new TestLoop();
    private final List<BlockDevice> open = new ArrayList<>();

    @AfterEach
    void closeAll() {
        open.forEach(BlockDevice::close);
        loop.assertHealthy();
        loop.close();
    }

    // ---- shape

    @Test
    void aSizeThatIsNoMultipleOfASector_isRoundedDown() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), MIB + 511);

        assertThat(open(file).geometry().sizeBytes()).isEqualTo(MIB);
    }

    @Test
    void aFileThatGrows_isNoticedWhenLookedAt_andItsNewPartIsServed() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), MIB);
        BlockDevice device = open(file);
        List<Geometry> told = new ArrayList<>();
        device.addListener(new DeviceListener() {
            @Override
            public void onGeometryChanged(BlockDevice changed, Geometry before, Geometry now) {
                told.add(before);
                told.add(now);
            }
        });
        TestFiles.sparse(file, 2 * MIB);
        assertThat(device.geometry().sizeBytes()).isEqualTo(MIB);

        device.refreshGeometry();

        assertThat(told.stream().map(Geometry::sizeBytes)).containsExactly((long) MIB, 2L * MIB);
        assertThat(device.geometry().sizeBytes()).isEqualTo(2 * MIB);
        assertThat(io(device).read(2 * MIB - 512, 512)).containsOnly(0);
    }

    @Test
    void aBlockDeviceThatGrows_isNoticedWhenLookedAt() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), MIB);
        try (LoopDevice disk = LoopDevice.attach(file, 4096)) {
            BlockDevice device = open(disk.path());
            assertThat(device.geometry()).isEqualTo(Geometry.of(MIB, 4096));
            TestFiles.sparse(file, 3 * MIB);
            disk.resize();

            device.refreshGeometry();

            assertThat(device.geometry().sizeBytes()).isEqualTo(3 * MIB);
            device.close();
        }
    }

    @Test
    void aFileThatHasBecomeShorter_isAnError_notZeroes() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), MIB);
        Requests io = io(open(file));
        try (RandomAccessFile truncated = new RandomAccessFile(file.toFile(), "rw")) {
            truncated.setLength(4096);
        }

        IoError error = io.ask(IoOp.READ, 0, 8192, IoFlags.NONE).expectError(Kind.IO);

        assertThat(error.message()).startsWith("READ 0+8192 on " + file).endsWith("the file has become shorter");
    }

    @Test
    void aReadOnlyDevice_promisesNothingThatWrites() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), MIB);
        BlockDevice device = open(URI.create(file.toUri() + "?readonly=true"));

        assertThat(device.capabilities().asSet())
                .containsExactlyInAnyOrder(Capability.CACHE, Capability.BLOCK_STATUS, Capability.MULTI_CHANNEL);
        io(device).write(0, new byte[512]).expectError(Kind.READ_ONLY);
    }

    @Test
    void odd_names_areOpened() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("a b#c?d%e\u00fc&.img"), MIB);

        io(open(file)).write(0, new byte[] {1, 2, 3}).expectSuccess();

        assertThat(Files.readAllBytes(file)).startsWith(1, 2, 3);
    }

    // ---- what the kernel says

    @Test
    void blockStatus_isTheMapOfTheFile() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), 4 * MIB);
        Requests io = io(open(file));
        io.write(MIB, noZeroes(MIB)).expectSuccess();

        List<Extent> extents = io.ask(IoOp.BLOCK_STATUS, 0, 4 * MIB, IoFlags.NONE)
                .expectSuccess()
                .extents();

        assertThat(extents)
                .containsExactly(
                        new Extent(MIB, true, true), new Extent(MIB, false, false), new Extent(2 * MIB, true, true));
    }

    @Test
    void blockStatus_ofAFileInManyPieces_isBounded_andCanBeContinued() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), 16 * MIB);
        try (RandomAccessFile pieces = new RandomAccessFile(file.toFile(), "rw")) {
            for (int at = 0; at < 16 * MIB; at += 8192) {
                pieces.seek(at);
                pieces.write(1);
            }
        }
        Requests io = io(open(file));

        List<Extent> first = io.ask(IoOp.BLOCK_STATUS, 0, 16 * MIB, IoFlags.NONE)
                .expectSuccess()
                .extents();

        assertThat(first).hasSize(1024);
        long covered = first.stream().mapToLong(Extent::lengthBytes).sum();
        assertThat(io.ask(IoOp.BLOCK_STATUS, covered, 16 * MIB - covered, IoFlags.NONE)
                        .expectSuccess()
                        .extents())
                .hasSize(1024);
    }

    @Test
    void aTrim_givesTheSpaceBack_andZeroesMayKeepIt() throws Exception {
        Path file = TestFiles.sparse(TestFiles.folderOnDisk().resolve("disk.img"), 4 * MIB);
        Requests io = io(open(file));
        io.write(0, noZeroes(4 * MIB)).expectSuccess();
        io.flush().expectSuccess();
        long full = allocated(file);

        io.ask(IoOp.WRITE_ZEROES, 0, MIB, IoFlags.NO_HOLE).expectSuccess();
        assertThat(allocated(file)).isEqualTo(full);
        io.ask(IoOp.WRITE_ZEROES, 0, MIB, IoFlags.NONE).expectSuccess();
        assertThat(allocated(file)).isEqualTo(full - MIB);
        io.ask(IoOp.TRIM, MIB, MIB, IoFlags.NONE).expectSuccess();
        assertThat(allocated(file)).isEqualTo(full - 2 * MIB);

        assertThat(io.read(0, 2 * MIB)).containsOnly(0);
        TestFiles.deleteWithFolder(file);
    }

    @Test
    void aDiscardedBlockDevice_isNotReadFromTheCache() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), 4 * MIB);
        try (LoopDevice disk = LoopDevice.attach(file, 512)) {
            BlockDevice device = open(disk.path());
            Requests io = io(device);
            io.write(0, noZeroes(4 * MIB)).expectSuccess();
            assertThat(io.read(0, 4 * MIB)).isEqualTo(noZeroes(4 * MIB));

            // Dirty in the cache, and on this loop device a discarded range reads as zeroes.
            io.ask(IoOp.TRIM, MIB, MIB, IoFlags.NONE).expectSuccess();
            assertThat(io.read(MIB, MIB)).containsOnly(0);
            io.ask(IoOp.WRITE_ZEROES, 2 * MIB, MIB, IoFlags.FAST_ONLY).expectSuccess();
            assertThat(io.read(2 * MIB, MIB)).containsOnly(0);
            io.flush().expectSuccess();

            byte[] below = Files.readAllBytes(file);
            assertThat(Arrays.copyOfRange(below, MIB, 3 * MIB)).containsOnly(0);
            assertThat(Arrays.copyOf(below, MIB)).isEqualTo(noZeroes(MIB));
            device.close();
        }
    }

    @Test
    void twoDevicesOnOneDisk_bothZeroAndTrim_thoughOnlyOneHasTheClaim() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), 4 * MIB);
        try (LoopDevice disk = LoopDevice.attach(file, 512)) {
            BlockDevice first = open(disk.path());
            BlockDevice second = open(Files.createSymbolicLink(folder.resolve("alias"), disk.path()));
            Requests one = io(first);
            Requests two = io(second);
            for (int flags : List.of(IoFlags.NONE, IoFlags.NO_HOLE)) {
                one.write(0, noZeroes(2 * MIB)).expectSuccess();
                two.ask(IoOp.WRITE_ZEROES, 0, MIB, flags).expectSuccess();
                assertThat(one.read(0, MIB)).containsOnly(0);
                assertThat(one.read(MIB, MIB)).isEqualTo(noZeroes(MIB));
                two.ask(IoOp.TRIM, MIB, MIB, IoFlags.NONE).expectSuccess();
            }
            first.close();
            second.close();
        } finally {
            Files.deleteIfExists(folder.resolve("alias"));
        }
    }

    // ---- what goes wrong below

    @Test
    void aFullFileSystem_isNoSpace_andTheRestStaysReadable() throws Exception {
        try (Mount small = Mount.memory(folder, 1024)) {
            BlockDevice device = open(TestFiles.sparse(small.folder().resolve("disk.img"), 8 * MIB));
            Requests io = io(device);
            io.write(0, noZeroes(MIB / 2)).expectSuccess();

            IoError error = io.write(MIB, noZeroes(2 * MIB)).expectError(Kind.NO_SPACE);

            assertThat(error.message()).contains("no space left (ENOSPC)");
            io.ask(IoOp.WRITE_ZEROES, 4 * MIB, 4 * MIB, IoFlags.NO_HOLE).expectError(Kind.NO_SPACE);
            assertThat(io.read(0, MIB / 2)).isEqualTo(noZeroes(MIB / 2));
            device.close();
            awaitClosed(small.folder());
        }
    }

    @Test
    void aDurableWriteWithoutRoom_isNobodyElsesLoss() throws Exception {
        try (Mount small = Mount.memory(folder, 1024)) {
            BlockDevice device = open(TestFiles.sparse(small.folder().resolve("disk.img"), 8 * MIB));
            Requests one = io(device);
            Requests two = io(device);
            two.write(0, noZeroes(4096)).expectSuccess();

            one.write(MIB, noZeroes(2 * MIB), IoFlags.FUA).expectError(Kind.NO_SPACE);

            two.flush().expectSuccess();
            one.flush().expectSuccess();
            device.close();
            awaitClosed(small.folder());
        }
    }

    @Test
    void dataThatCouldNotBeMadeDurable_isToldToTheFlushOfEveryChannel_once() throws Exception {
        try (Mount small = Mount.memory(folder, 1024);
                LoopDevice disk =
                        LoopDevice.attach(TestFiles.sparse(small.folder().resolve("thin.img"), 16 * MIB), 512)) {
            BlockDevice device = open(URI.create(disk.path().toUri() + "?direct=false"));
            Requests one = io(device);
            Requests two = io(device);
            one.write(0, noZeroes(8 * MIB)).expectSuccess();

            one.flush().expectError(Kind.IO, Kind.NO_SPACE);
            two.flush().expectError(Kind.IO, Kind.NO_SPACE);

            one.flush().expectSuccess();
            two.flush().expectSuccess();
            device.close();
            awaitClosed(disk.path());
        }
    }

    @Test
    void aSectorThatCannotBeRead_isAnIoError() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("disk.img"), 4 * MIB);
        try (LoopDevice disk = LoopDevice.attach(file, 512)) {
            BlockDevice device = open(URI.create(disk.path().toUri().toString()));
            try (RandomAccessFile truncated = new RandomAccessFile(file.toFile(), "rw")) {
                truncated.setLength(MIB);
            }
            Requests io = io(device);

            io.ask(IoOp.READ, 2 * MIB, 4096, IoFlags.NONE).expectError(Kind.IO);

            assertThat(io.read(0, 4096)).containsOnly(0);
            device.close();
        }
    }

    @Test
    void aDiskThatHangs_holdsNobodyElse_andWhatIsGivenUpNeverComesLate() throws Exception {
        Path file = TestFiles.sparse(folder.resolve("fs.img"), 64 * MIB);
        Path mountPoint = Files.createDirectory(folder.resolve("mnt"));
        LoopDevice.requireRoot();
        String fsfreeze = Tools.require("fsfreeze").toString();
        Command.output(Tools.require("mkfs.ext4").toString(), "-q", file.toString());
        try (LoopDevice disk = LoopDevice.attach(file, 512);
                Mount mount = Mount.device(disk.path(), mountPoint)) {
            Path stuck = TestFiles.sparse(mountPoint.resolve("disk.img"), 32 * MIB);
            BlockDevice hanging = open(stuck);
            BlockDevice healthy = open(TestFiles.sparse(folder.resolve("healthy.img"), MIB));
            Requests io = io(hanging);
            io.write(0, new byte[MIB]).expectSuccess();
            Command.output(fsfreeze, "--freeze", mountPoint.toString());
            try {
                List<CompletableFuture<Answer>> writes = new ArrayList<>();
                for (int i = 0; i < 3 * IoThreads.MOST; i++) {
                    writes.add(io.writeLater(i * (long) MIB, noZeroes(4096), IoFlags.NONE));
                }
                io(healthy).write(0, noZeroes(4096)).expectSuccess();
                assertThat(writes).noneMatch(CompletableFuture::isDone);

                io.abort(IoError.of(Kind.TIMEOUT, "lost patience"));
                Requests.awaitAll(writes).forEach(answer -> answer.expectError(Kind.TIMEOUT));
                CompletableFuture<Answer> late = io.writeLater(0, noZeroes(4096), IoFlags.NONE);
                hanging.close();
                Requests.await(late).expectError(Kind.DISCONNECTED, Kind.SHUTTING_DOWN);
                assertThat(loop.heldBytes()).as("the kernel still has these").isPositive();
            } finally {
                Command.output(fsfreeze, "--unfreeze", mountPoint.toString());
            }
            awaitClosed(stuck);
            loop.assertHealthy();
            byte[] now = Files.readAllBytes(stuck);
            for (int i = IoThreads.MOST; i < 3 * IoThreads.MOST; i++) {
                assertThat(now[i * MIB]).as("write %s, which had not begun", i).isZero();
            }
        }
    }

    @Test
    void answersThatComeAfterTheLoopHasEnded_loseNoBuffer() throws Exception {
        BlockDevice device = open(TestFiles.sparse(folder.resolve("disk.img"), 32 * MIB));
        TestLoop ending = new TestLoop();
        Requests io = Requests.open(device, ending);
        io.onLoop(channel -> {
            for (int i = 0; i < 16; i++) {
                io.askNow(IoOp.READ, 0, 16 * MIB, IoFlags.NONE);
            }
            ending.close();
            return true;
        });
        device.close();

        Awaitility.await()
                .atMost(Requests.DEADLINE)
                .untilAsserted(() -> assertThat(ending.heldBytes()).isZero());
    }

    // ---- helpers

    private BlockDevice open(Path path) throws Exception {
        return open(URI.create("file:" + path.toUri().getRawPath()));
    }

    private BlockDevice open(URI uri) throws Exception {
        BlockDevice device = new FileDeviceFactory().open("disk", uri);
        open.add(device);
        return device;
    }

    private Requests io(BlockDevice device) {
        return Requests.open(device, loop);
    }

    /** Until this process has no file below {@code path} open any more. */
    private static void awaitClosed(Path path) {
        Awaitility.await("closed: " + path).atMost(Requests.DEADLINE).until(() -> {
            try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
                return descriptors.noneMatch(descriptor -> leadsTo(descriptor, path));
            }
        });
    }

    private static boolean leadsTo(Path descriptor, Path path) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(path);
        } catch (java.io.IOException e) {
            return false;
        }
    }

    private static long allocated(Path file) throws Exception {
        return 512 * Long.parseLong(Command.output(Tools.require("stat").toString(), "--format=%b", file.toString()));
    }

    private static byte[] noZeroes(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0x5a);
        return bytes;
    }
}
