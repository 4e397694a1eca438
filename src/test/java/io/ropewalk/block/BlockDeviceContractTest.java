package io.ropewalk.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.testing.Answer;
import io.ropewalk.testing.Requests;
import io.ropewalk.testing.Requests.Layout;
import io.ropewalk.testing.TestLoop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every {@link BlockDevice} owes its users, whatever it is made of. A subclass gives a device of at least 1 MiB
 * whose content may be overwritten; tests of a capability that the device lacks are skipped, except that it must
 * refuse the operation.
 */
@Timeout(120)
public abstract class BlockDeviceContractTest {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    private final List<IoLoop> loops = new ArrayList<>();
    private final List<Requests> channels = new ArrayList<>();
    private BlockDevice device;
    private Requests io;

    /** A device of its own for each test; the suite closes it. */
    protected abstract BlockDevice device() throws Exception;

    /** A loop that the device's channels can live on. Called whenever a test needs one more. */
    protected IoLoop loop() {
        return new TestLoop();
    }

    /** Ends a loop of {@link #loop()}; by default with the checks of {@link TestLoop#assertHealthy}. */
    protected void close(IoLoop loop) {
        if (loop instanceof TestLoop testLoop) {
            try {
                testLoop.assertHealthy();
            } finally {
                testLoop.close();
            }
        }
    }

    /** Called after the device was closed: the place to stop what stands behind it. */
    protected void cleanUp() throws Exception {}

    @BeforeEach
    final void openDevice() throws Exception {
        device = device();
        io = openChannel();
    }

    @AfterEach
    final void closeDevice() throws Exception {
        try {
            channels.forEach(Requests::close);
            channels.forEach(Requests::assertNothingHeld);
            if (device != null) {
                device.close();
            }
            loops.forEach(this::close);
        } finally {
            cleanUp();
        }
    }

    // ---- shape

    @Test
    void geometryIsOneThatCanBeServed() {
        Geometry geometry = device.geometry();

        assertThat(geometry.sizeBytes()).isGreaterThanOrEqualTo(MIB);
        assertThat(geometry.maximumPayloadBytes()).isGreaterThanOrEqualTo(64 * KIB);
        assertThat(geometry.minimumBlockSize()).isLessThanOrEqualTo(Geometry.MAXIMUM_SECTOR_SIZE);
        assertThat(device.name()).isNotBlank();
    }

    @Test
    void refreshingTheGeometryOfAnUnchangedDevice_tellsNobody() {
        AtomicInteger told = new AtomicInteger();
        device.addListener(new DeviceListener() {
            @Override
            public void onGeometryChanged(BlockDevice changed, Geometry before, Geometry now) {
                told.incrementAndGet();
            }
        });
        Geometry before = device.geometry();

        device.refreshGeometry();

        assertThat(device.geometry()).isEqualTo(before);
        assertThat(told).hasValue(0);
    }

    // ---- READ, WRITE

    @Test
    void whatIsWritten_isReadBack_atTheStartInTheMiddleAndAtTheEnd() {
        needs(Capability.WRITE);
        for (int length : List.of(unit(), sector(), 4 * KIB, 64 * KIB)) {
            for (long offset : List.of(0L, roundDown(size() / 2), roundDown(size() - roundUp(length)))) {
                byte[] bytes = noise(offset + length, (int) roundUp(length));
                io.write(offset, bytes).expectSuccess();
                assertThat(io.read(offset, bytes.length)).isEqualTo(bytes);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void aWrite_leavesItsNeighboursAlone_howeverItsBytesLieInMemory(Layout layout) {
        needs(Capability.WRITE);
        int length = (int) roundUp(12 * KIB);
        byte[] around = noise(1, 3 * length);
        io.write(0, around).expectSuccess();
        byte[] middle = noise(2, length);

        io.write(length, middle, layout).expectSuccess();

        System.arraycopy(middle, 0, around, length, length);
        assertThat(io.read(0, around.length)).isEqualTo(around);
    }

    @Test
    void theLongestPayload_passesBothWays() {
        needs(Capability.WRITE);
        int length = (int) Math.min(device.geometry().maximumPayloadBytes(), size());
        byte[] bytes = noise(3, length);

        io.write(size() - length, bytes).expectSuccess();

        assertThat(io.read(size() - length, length)).isEqualTo(bytes);
    }

    @Test
    void aWriteWithFua_isReadBack() {
        needs(Capability.WRITE, Capability.FUA);
        byte[] bytes = noise(4, (int) roundUp(8 * KIB));

        io.write(0, bytes, IoFlags.FUA).expectSuccess();

        assertThat(io.read(0, bytes.length)).isEqualTo(bytes);
    }

    @Test
    void aFlush_succeeds_withAndWithoutWritesBefore() {
        needs(Capability.FLUSH);
        io.flush().expectSuccess();
        if (has(Capability.WRITE)) {
            io.write(0, noise(5, (int) roundUp(4 * KIB))).expectSuccess();
        }
        io.flush().expectSuccess();
    }

    @Test
    void aRequestThatIsAskedAgainFromItsOwnAnswer_isAnsweredEachTime() {
        int rounds = 200;
        CompletableFuture<Integer> done = new CompletableFuture<>();
        Again again = new Again(io, rounds, done);
        io.channel().loop().execute(again::go);

        assertThat(Requests.await(done)).isEqualTo(rounds);
    }

    @Test
    void manyRequestsAtOnce_areAllAnswered() {
        int length = (int) roundUp(4 * KIB);
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            answers.add(io.readLater(i % 16 * (long) length, length));
        }

        assertThat(Requests.awaitAll(answers)).allSatisfy(Answer::expectSuccess);
    }

    // ---- the door

    @Test
    void aRangeOutsideTheDevice_isRefused() {
        int unit = unit();
        refused(Kind.OUT_OF_RANGE, () -> io.readLater(size(), unit));
        refused(Kind.OUT_OF_RANGE, () -> io.readLater(size() - unit, 2L * unit));
        refused(Kind.OUT_OF_RANGE, () -> io.readLater(-unit, unit));
        refused(Kind.OUT_OF_RANGE, () -> io.readLater(Long.MAX_VALUE - unit + 1, unit));
        if (has(Capability.WRITE)) {
            refused(Kind.OUT_OF_RANGE, () -> io.writeLater(size(), new byte[unit], IoFlags.NONE));
        }
    }

    @Test
    void aRangeThatIsNotAMultipleOfTheBlockSize_isRefused() {
        int unit = unit();
        assumeTrue(unit > 1, "every range is aligned here");
        refused(Kind.INVALID, () -> io.readLater(1, unit));
        refused(Kind.INVALID, () -> io.readLater(0, unit + 1L));
        if (has(Capability.WRITE)) {
            refused(Kind.INVALID, () -> io.writeLater(unit, new byte[unit - 1], IoFlags.NONE));
        }
    }

    @Test
    void aPayloadThatIsTooLong_isRefused() {
        long tooLong = (long) device.geometry().maximumPayloadBytes() + unit();
        assumeTrue(size() >= tooLong, "the device is shorter than its longest payload");
        refused(Kind.INVALID, () -> io.readLater(0, tooLong));
    }

    @Test
    void nothing_isNoRange() {
        refused(Kind.INVALID, () -> io.readLater(0, 0));
    }

    @Test
    void flagsThatMeanNothing_areRefused() {
        refused(Kind.INVALID, () -> io.askLater(IoOp.READ, 0, unit(), IoFlags.FUA));
        if (has(Capability.WRITE)) {
            refused(Kind.INVALID, () -> io.writeLater(0, new byte[unit()], IoFlags.FAST_ONLY));
        }
    }

    @Test
    void whatTheDeviceCannot_isRefused() {
        if (!has(Capability.WRITE)) {
            refused(Kind.READ_ONLY, () -> io.writeLater(0, new byte[unit()], IoFlags.NONE));
            refused(Kind.READ_ONLY, () -> io.askLater(IoOp.TRIM, 0, unit(), IoFlags.NONE));
            refused(Kind.READ_ONLY, () -> io.askLater(IoOp.WRITE_ZEROES, 0, unit(), IoFlags.NONE));
            return;
        }
        if (!has(Capability.FUA)) {
            refused(Kind.INVALID, () -> io.writeLater(0, new byte[unit()], IoFlags.FUA));
        }
        refusedWithout(Capability.FLUSH, IoOp.FLUSH);
        refusedWithout(Capability.TRIM, IoOp.TRIM);
        refusedWithout(Capability.WRITE_ZEROES, IoOp.WRITE_ZEROES);
        refusedWithout(Capability.CACHE, IoOp.CACHE);
        refusedWithout(Capability.BLOCK_STATUS, IoOp.BLOCK_STATUS);
    }

    // ---- TRIM, WRITE_ZEROES, CACHE, BLOCK_STATUS

    @Test
    void zeroes_areReadBack_andTheNeighboursAreLeftAlone_withEachFlag() {
        needs(Capability.WRITE, Capability.WRITE_ZEROES);
        int fua = has(Capability.FUA) ? IoFlags.FUA : IoFlags.NONE;
        for (int flags : List.of(IoFlags.NONE, IoFlags.NO_HOLE, fua, fua | IoFlags.NO_HOLE)) {
            zeroAndLook((int) roundUp(4 * KIB), (int) roundUp(16 * KIB), flags);
            zeroAndLook(3 * unit(), 5 * unit(), flags);
        }
    }

    @Test
    void fastZeroes_areEitherDoneOrRefused_neverSlow() {
        needs(Capability.WRITE, Capability.WRITE_ZEROES, Capability.FAST_ZERO);
        int length = (int) roundUp(16 * KIB);
        for (int flags : List.of(IoFlags.FAST_ONLY, IoFlags.FAST_ONLY | IoFlags.NO_HOLE)) {
            byte[] before = noise(6, length);
            io.write(0, before).expectSuccess();
            Answer answer = io.ask(IoOp.WRITE_ZEROES, 0, length, flags);
            if (answer.isSuccess()) {
                assertThat(io.read(0, length)).containsOnly(0);
            } else {
                answer.expectError(Kind.NOT_SUPPORTED);
                assertThat(io.read(0, length)).isEqualTo(before);
            }
        }
    }

    @Test
    void theWholeDevice_canBeZeroedByOneRequest() {
        needs(Capability.WRITE, Capability.WRITE_ZEROES);
        int length = (int) roundUp(64 * KIB);
        io.write(0, noise(7, length)).expectSuccess();
        io.write(roundDown(size() - length), noise(8, length)).expectSuccess();

        io.ask(IoOp.WRITE_ZEROES, 0, size(), IoFlags.NONE).expectSuccess();

        assertThat(io.read(0, length)).containsOnly(0);
        assertThat(io.read(roundDown(size() / 2), length)).containsOnly(0);
        assertThat(io.read(roundDown(size() - length), length)).containsOnly(0);
    }

    @Test
    void aTrim_leavesTheNeighboursAlone_andTheRangeWritable() {
        needs(Capability.WRITE, Capability.TRIM);
        int length = (int) roundUp(16 * KIB);
        byte[] around = noise(9, 3 * length);
        io.write(0, around).expectSuccess();

        io.ask(IoOp.TRIM, length, length, has(Capability.FUA) ? IoFlags.FUA : IoFlags.NONE)
                .expectSuccess();

        byte[] now = io.read(0, around.length);
        assertThat(now).startsWith(part(around, 0, length)).endsWith(part(around, 2 * length, length));
        byte[] fresh = noise(10, length);
        io.write(length, fresh).expectSuccess();
        assertThat(io.read(length, length)).isEqualTo(fresh);
    }

    @Test
    void theWholeDevice_canBeTrimmedByOneRequest() {
        needs(Capability.WRITE, Capability.TRIM);
        io.ask(IoOp.TRIM, 0, size(), IoFlags.NONE).expectSuccess();
    }

    @Test
    void cache_isAHint() {
        needs(Capability.CACHE);
        io.ask(IoOp.CACHE, 0, roundUp(64 * KIB), IoFlags.NONE).expectSuccess();
        io.ask(IoOp.CACHE, 0, size(), IoFlags.NONE).expectSuccess();
    }

    @Test
    void blockStatus_coversItsRangeFromTheStart_andIsNotWrongAboutZeroes() {
        needs(Capability.WRITE, Capability.BLOCK_STATUS);
        int step = (int) roundUp(64 * KIB);
        assumeTrue(size() >= 6L * step, "the device is too small for this");
        if (has(Capability.WRITE_ZEROES)) {
            io.ask(IoOp.WRITE_ZEROES, 0, 6L * step, IoFlags.NONE).expectSuccess();
        }
        io.write(step, noise(11, step)).expectSuccess();
        io.write(4L * step, noise(12, step)).expectSuccess();

        for (long offset : List.of(0L, (long) unit(), (long) step, 5L * step - unit())) {
            List<Extent> extents = status(offset, 6L * step - offset, IoFlags.NONE);
            assertThat(covered(extents)).isLessThanOrEqualTo(6L * step - offset);
            assertZeroesAreZero(offset, extents);
        }
    }

    @Test
    void blockStatus_ofOneExtent_isAnsweredByOne() {
        needs(Capability.BLOCK_STATUS);
        assertThat(status(0, size(), IoFlags.ONE_EXTENT)).hasSize(1);
    }

    @Test
    void blockStatus_canBeWalkedToTheEnd() {
        needs(Capability.BLOCK_STATUS);
        long at = 0;
        for (int questions = 0; at < size(); questions++) {
            assertThat(questions).as("questions to get around").isLessThan(10_000);
            at += covered(status(at, size() - at, IoFlags.NONE));
        }
        assertThat(at).isEqualTo(size());
    }

    // ---- many at once

    @Test
    void whatManyRequestsInFlightDo_isWhatAModelSays() {
        needs(Capability.WRITE);
        long seed = System.nanoTime();
        System.out.println(getClass().getSimpleName() + ": seed " + seed);
        ContentModel model = new ContentModel(device, channelsForTheModel(), new Random(seed));

        model.run(800);
    }

    @Test
    void everyChannelSeesWhatAnotherWasToldIsDone() {
        needs(Capability.WRITE, Capability.MULTI_CHANNEL);
        Requests other = openChannel();
        byte[] bytes = noise(13, (int) roundUp(64 * KIB));
        for (int round = 0; round < 20; round++) {
            bytes[round]++;
            io.write(0, bytes).expectSuccess();
            assertThat(other.read(0, bytes.length)).isEqualTo(bytes);
        }
    }

    // ---- the end of a channel, and of the device

    @Test
    void whatIsInFlightWhenTheChannelCloses_isAnsweredOnce_andLaterRequestsAreRefused() {
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        io.onLoop(channel -> {
            flood(answers);
            channel.close();
            answers.forEach(answer -> assertThat(answer).as("answered by close").isDone());
            channel.close();
            return true;
        });

        assertSucceededOr(answers, Kind.DISCONNECTED);
        refused(Kind.SHUTTING_DOWN, () -> io.readLater(0, unit()));
    }

    @Test
    void whatIsInFlightWhenTheChannelIsAborted_isAnsweredWithItsError_andTheChannelGoesOn() {
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        io.onLoop(channel -> {
            flood(answers);
            channel.abort(IoError.of(Kind.TIMEOUT, "the test lost patience"));
            answers.forEach(answer -> assertThat(answer).as("answered by abort").isDone());
            return true;
        });

        assertSucceededOr(answers, Kind.TIMEOUT);
        Awaitility.await("the channel works again")
                .atMost(Requests.DEADLINE)
                .until(() -> Requests.await(io.readLater(0, unit())).isSuccess());
    }

    @Test
    void aRequestAskedAgainFromAnAbort_isDone() {
        CompletableFuture<Integer> done = new CompletableFuture<>();
        Again again = new Again(io, 3, done);
        io.onLoop(channel -> {
            again.go();
            channel.abort(IoError.of(Kind.TIMEOUT, "the test lost patience"));
            return true;
        });

        assertThat(Requests.await(done)).isEqualTo(3);
    }

    @Test
    void preparing_disturbsNothing() {
        io.onLoop(channel -> {
            channel.prepare();
            return true;
        });
        assertThat(io.read(0, unit())).hasSize(unit());
        io.onLoop(channel -> {
            channel.prepare();
            return true;
        });
        assertThat(io.read(0, unit())).hasSize(unit());
    }

    @Test
    void closingTheDevice_endsItsChannels_andIsToldOnce() {
        AtomicInteger told = new AtomicInteger();
        device.addListener(new DeviceListener() {
            @Override
            public void onClosed(BlockDevice closed) {
                told.incrementAndGet();
            }
        });
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        io.onLoop(channel -> {
            flood(answers);
            return true;
        });

        device.close();
        device.close();

        assertSucceededOr(answers, Kind.DISCONNECTED, Kind.SHUTTING_DOWN);
        Awaitility.await("channels are closed")
                .atMost(Requests.DEADLINE)
                .untilAsserted(() -> Requests.await(io.readLater(0, unit())).expectError(Kind.SHUTTING_DOWN));
        assertThat(told).hasValue(1);
    }

    @Test
    void aChannelOfAClosedDevice_refuses() {
        device.close();
        Requests late = openChannel();

        Requests.await(late.readLater(0, unit())).expectError(Kind.SHUTTING_DOWN);
    }

    @Test
    void listenersThatWereTakenBack_hearNothing() {
        DeviceListener listener = new DeviceListener() {
            @Override
            public void onClosed(BlockDevice closed) {
                throw new AssertionError("told after removal");
            }
        };
        device.addListener(listener);
        device.removeListener(listener);

        assertThatCode(device::close).doesNotThrowAnyException();
    }

    // ---- helpers

    private void flood(List<CompletableFuture<Answer>> answers) {
        int length = (int) roundUp(16 * KIB);
        for (int i = 0; i < 32; i++) {
            answers.add(io.askNow(IoOp.READ, 0, length, IoFlags.NONE));
            if (has(Capability.WRITE)) {
                answers.add(io.writeNow(length, new byte[length], IoFlags.NONE));
            }
        }
    }

    private static void assertSucceededOr(List<CompletableFuture<Answer>> answers, Kind... kinds) {
        for (Answer answer : Requests.awaitAll(answers)) {
            if (!answer.isSuccess()) {
                answer.expectError(kinds);
            }
        }
    }

    private void zeroAndLook(int offset, int length, int flags) {
        byte[] around = noise(offset + flags, offset + 2 * length);
        io.write(0, around).expectSuccess();

        io.ask(IoOp.WRITE_ZEROES, offset, length, flags).expectSuccess();

        Arrays.fill(around, offset, offset + length, (byte) 0);
        assertThat(io.read(0, around.length)).as("zeroed with flags %s", flags).isEqualTo(around);
    }

    private List<Extent> status(long offset, long length, int flags) {
        List<Extent> extents =
                io.ask(IoOp.BLOCK_STATUS, offset, length, flags).expectSuccess().extents();
        assertThat(extents).isNotEmpty();
        assertThat(covered(extents)).isLessThanOrEqualTo(length);
        return extents;
    }

    private void assertZeroesAreZero(long offset, List<Extent> extents) {
        long at = offset;
        for (Extent extent : extents) {
            if (extent.zero()) {
                assertThat(io.read(at, (int) extent.lengthBytes()))
                        .as("%s at %s", extent, at)
                        .containsOnly(0);
            }
            at += extent.lengthBytes();
        }
    }

    private static long covered(List<Extent> extents) {
        return extents.stream().mapToLong(Extent::lengthBytes).sum();
    }

    private static void refused(Kind kind, Supplier<CompletableFuture<Answer>> question) {
        Requests.await(question.get()).expectError(kind);
    }

    private void refusedWithout(Capability capability, IoOp op) {
        if (!has(capability)) {
            long length = op == IoOp.FLUSH ? 0 : unit();
            refused(Kind.NOT_SUPPORTED, () -> io.askLater(op, 0, length, IoFlags.NONE));
        }
    }

    private List<Requests> channelsForTheModel() {
        return has(Capability.MULTI_CHANNEL) ? List.of(io, openChannel()) : List.of(io);
    }

    private Requests openChannel() {
        IoLoop loop = loop();
        loops.add(loop);
        Requests channel = Requests.open(device, loop);
        channels.add(channel);
        return channel;
    }

    private void needs(Capability... capabilities) {
        for (Capability capability : capabilities) {
            assumeTrue(has(capability), "the device does not do " + capability);
        }
    }

    private boolean has(Capability capability) {
        return device.capabilities().has(capability);
    }

    private long size() {
        return device.geometry().sizeBytes();
    }

    private int unit() {
        return device.geometry().minimumBlockSize();
    }

    private int sector() {
        return device.geometry().sectorSize();
    }

    private long roundDown(long value) {
        return value - value % unit();
    }

    private long roundUp(long value) {
        return roundDown(value + unit() - 1);
    }

    private static byte[] noise(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] part(byte[] bytes, int from, int length) {
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    /** Reads the first block again and again, each time from the answer before. */
    private static final class Again extends IoRequest {
        private final Requests io;
        private final int rounds;
        private final CompletableFuture<Integer> done;
        private int answered;

        Again(Requests io, int rounds, CompletableFuture<Integer> done) {
            this.io = io;
            this.rounds = rounds;
            this.done = done;
        }

        void go() {
            ask(IoOp.READ, 0, io.channel().device().geometry().minimumBlockSize(), IoFlags.NONE);
            io.channel().submit(this);
        }

        @Override
        protected void onAnswer() {
            if (error() == null) {
                takeData().release();
            }
            if (++answered == rounds) {
                done.complete(answered);
            } else {
                go();
            }
        }
    }
}
