package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.file.Ring.RingException;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Answer;
import io.ropewalk.testing.LoopDevice;
import io.ropewalk.testing.Requests;
import io.ropewalk.testing.TestLoop;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which requests for a local disk take the ring and which a thread. What they do, the contract suite says. */
@Timeout(120)
class FileRingTest {
    private static final int BLOCK = 4096;

    private NettyLoops loops;
    private @Nullable Path file;
    private @Nullable LoopDevice disk;
    private FileDevice device;

    @BeforeEach
    void attach() throws Exception {
        LoopDevice.requireRoot();
        assumeTrue(Transport.EPOLL.isAvailable(), "needs epoll");
        try {
            Ring.open(8).close();
        } catch (RingException e) {
            assumeTrue(false, "needs io_uring: " + e.getMessage());
        }
        loops = new NettyLoops(Transport.EPOLL, 1);
        Path made = TestFiles.sparse(TestFiles.folderOnDisk().resolve("loop.img"), 16 << 20);
        file = made;
        disk = LoopDevice.attach(made, 512);
        device = open("?direct=true");
    }

    @AfterEach
    void detach() throws Exception {
        if (device != null) {
            device.close();
        }
        if (disk != null) {
            disk.close();
        }
        TestFiles.deleteWithFolder(file);
        if (loops != null) {
            loops.close();
        }
    }

    private FileDevice open(String query) throws Exception {
        BlockDevice opened =
                new FileDeviceFactory().open("disk", URI.create(disk.path().toUri() + query));
        return (FileDevice) opened;
    }

    @Test
    void readsAndWrites_needNoThread() {
        Requests io = Requests.open(device, loops.next());
        byte[] bytes = pattern(1);

        assertThat(io.write(BLOCK, bytes).error()).isNull();
        assertThat(io.read(BLOCK, BLOCK)).isEqualTo(bytes);

        assertThat(device.threads().taken()).isZero();
        io.close();
    }

    @Test
    void moreThanTheRingHolds_isServedAllTheSame() {
        Requests io = Requests.open(device, loops.next());
        List<CompletableFuture<Answer>> writes = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            writes.add(io.writeLater((long) i * BLOCK, pattern(i), IoFlags.NONE));
        }
        assertThat(Requests.awaitAll(writes)).allMatch(answer -> answer.error() == null);

        for (int i = 0; i < 1000; i++) {
            assertThat(io.read((long) i * BLOCK, BLOCK)).isEqualTo(pattern(i));
        }
        io.close();
    }

    @Test
    void whatMustBeDurable_takesAThread() {
        Requests io = Requests.open(device, loops.next());

        assertThat(io.write(0, pattern(1), IoFlags.FUA).error()).isNull();

        assertThat(device.threads().taken()).isPositive();
        io.close();
    }

    @Test
    void throughThePageCache_andOnOtherLoops_threadsDoIt() throws Exception {
        try (TestLoop other = new TestLoop()) {
            Requests io = Requests.open(device, other);
            assertThat(io.read(0, BLOCK)).hasSize(BLOCK);
            io.close();
            assertThat(device.threads().taken()).isPositive();
        }
        device.close();
        device = open("?direct=false");
        Requests cached = Requests.open(device, loops.next());
        assertThat(cached.read(0, BLOCK)).hasSize(BLOCK);
        assertThat(device.threads().taken()).isPositive();
        cached.close();
    }

    @Test
    void givingUp_answersAtOnce_andTellsWhenNothingCanLandAnyMore() {
        Requests io = Requests.open(device, loops.next());
        for (int round = 0; round < 50; round++) {
            List<CompletableFuture<Answer>> writes = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                writes.add(io.writeLater((long) i * BLOCK, pattern(round), IoFlags.NONE));
            }
            io.abort(IoError.of(Kind.TIMEOUT, "enough"));
            for (Answer answer : Requests.awaitAll(writes)) {
                IoError error = answer.error();
                if (error != null && error.settlement() != null) {
                    CompletableFuture<Void> settled = new CompletableFuture<>();
                    error.settlement().whenSettled(() -> settled.complete(null));
                    Requests.await(settled);
                }
            }
        }
        io.close();
    }

    private static byte[] pattern(int seed) {
        byte[] bytes = new byte[BLOCK];
        Arrays.fill(bytes, (byte) (seed * 31 + 7));
        return bytes;
    }
}
