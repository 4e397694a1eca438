package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream of messages, each its length, its number and bytes that follow from these, as a socket delivers it. */
class MessageReceiverTest {
    private static final int HEADER = 8;

    private final Random random = new Random(4711);
    private final Receiver receiver = new Receiver();
    private final EmbeddedChannel channel = new EmbeddedChannel(receiver);
    private final RecvByteBufAllocator.Handle handle =
            receiver.receiveAllocator().newHandle();

    @AfterEach
    void nothingLeaks() {
        receiver.releaseAll();
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(ints = {28, 4096 + 28, 65536 + 16, 131072 + 28, 131072 + 32, 1048576 + 28})
    void messagesOfOneLengthAreHardlyEverMoved(int length) {
        int count = Math.clamp((4 << 20) / length, 30, 2000);

        deliver(lengths(count, length), 180_000);

        assertThat(receiver.numbers).hasSize(count);
        // The first is of unexpected length, so it may move.
        assertThat(receiver.movedBytes()).isLessThanOrEqualTo(256 << 10);
    }

    @Test
    void messagesOfAnyLengthInAnyPiecesArriveInOrderAndWhole() {
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            lengths.add(HEADER + random.nextInt(random.nextInt(10) == 0 ? 3 << 20 : 5000));
        }

        deliver(lengths, 100_000);

        assertThat(receiver.numbers).isEqualTo(numbers(400));
    }

    @Test
    void slicesStayAsTheyWereWhileMoreArrives() {
        receiver.keeps = 40;

        deliver(lengths(400, 20_000), 50_000);
        receiver.releaseAll();

        assertThat(receiver.numbers).isEqualTo(numbers(400));
    }

    @Test
    void whatAnotherHandlerDeliversIsTakenToo() {
        List<Integer> lengths = lengths(300, 3000);
        ByteBuf all = encode(lengths);
        while (all.isReadable()) {
            int bytes = Math.min(all.readableBytes(), 1 + random.nextInt(16_384));
            channel.writeInbound(all.readRetainedSlice(bytes));
        }
        all.release();

        assertThat(receiver.numbers).isEqualTo(numbers(300));
    }

    /** As the transport does when the peer has closed its side: all that is in the socket is read, pause or not. */
    @Test
    void whatComesDuringAPauseIsNotMovedAgainAndAgain() {
        receiver.pauses = true;

        deliver(lengths(75, 4124), 300_000);
        assertThat(receiver.numbers).isEmpty();
        assertThat(receiver.movedBytes()).isLessThanOrEqualTo(2 * 75 * 4124);

        receiver.pauses = false;
        receiver.resume(channel.pipeline().lastContext());
        assertThat(receiver.numbers).isEqualTo(numbers(75));
    }

    /** A session that was given up is read to its end, however much is left of it. */
    @Test
    void whatNobodyWantsAnyMoreIsNotMovedAtAll() {
        receiver.stopReceiving();

        deliver(lengths(300, 4124), 1_200_000);

        assertThat(receiver.numbers).isEmpty();
        assertThat(receiver.movedBytes()).isZero();
    }

    private void deliver(List<Integer> lengths, int mostAtOnce) {
        ByteBuf all = encode(lengths);
        while (all.isReadable()) {
            // What lies in the socket now; it is read until nothing is left.
            int arrived = Math.min(all.readableBytes(), 1 + random.nextInt(mostAtOnce));
            while (arrived > 0) {
                ByteBuf target = handle.allocate(channel.alloc());
                int taken = Math.min(arrived, target.writableBytes());
                assertThat(taken).isPositive();
                target.writeBytes(all, taken);
                arrived -= taken;
                channel.pipeline().fireChannelRead(target);
            }
            channel.pipeline().fireChannelReadComplete();
        }
        all.release();
        channel.checkException();
    }

    private ByteBuf encode(List<Integer> lengths) {
        ByteBuf all = Unpooled.buffer();
        int number = 0;
        for (int length : lengths) {
            all.writeInt(length).writeInt(number).writeBytes(payload(length, number));
            number++;
        }
        return all;
    }

    private static byte[] payload(int length, int number) {
        byte[] bytes = new byte[length - HEADER];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (number + i);
        }
        return bytes;
    }

    private static List<Integer> lengths(int count, int length) {
        return Collections.nCopies(count, length);
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    /** Checks each message and keeps some of them for a while, as requests on their way do. */
    private static final class Receiver extends MessageReceiver {
        final List<Integer> numbers = new ArrayList<>();
        int keeps;
        boolean pauses;
        private final Deque<ByteBuf> kept = new ArrayDeque<>();

        @Override
        protected int decode(ChannelHandlerContext context, ByteBuf in) {
            if (pauses) {
                return PAUSE;
            }
            if (in.readableBytes() < HEADER) {
                return HEADER;
            }
            int length = in.getInt(in.readerIndex());
            if (in.readableBytes() < length) {
                return length;
            }
            kept.add(in.readRetainedSlice(length));
            while (kept.size() > keeps) {
                check(kept.remove());
            }
            return 0;
        }

        @Override
        protected boolean keepsBuffer() {
            return !kept.isEmpty();
        }

        private void check(ByteBuf message) {
            int length = message.readInt();
            int number = message.readInt();
            byte[] payload = new byte[message.readableBytes()];
            message.readBytes(payload);
            assertThat(Arrays.equals(payload, payload(length, number)))
                    .as("message " + number)
                    .isTrue();
            numbers.add(number);
            message.release();
        }

        void releaseAll() {
            kept.forEach(this::check);
            kept.clear();
        }
    }
}
