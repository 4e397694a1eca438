package io.ropewalk.nbd;

import static io.ropewalk.nbd.RawNbdClient.goData;
import static io.ropewalk.nbd.RawNbdClient.last;
import static io.ropewalk.nbd.RawNbdClient.metaContext;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import io.ropewalk.nbd.RawNbdClient.OptionReply;
import io.ropewalk.testing.MemoryDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NbdServerNegotiationTest {
    private static final long SIZE = 1 << 20;

    private final MemoryDevice disk = new MemoryDevice("disk", new Geometry(SIZE, 512, 4096, 32 << 20));
    private NbdServerFixture fixture;

    @BeforeEach
    void start() throws IOException {
        fixture = NbdServerFixture.serving(disk);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    // Client flags and EXPORT_NAME

    @Test
    void unknownClientFlags_endTheSession() throws IOException {
        try (RawNbdClient client = new RawNbdClient(fixture.address())) {
            client.clientFlags(1 << 7);
            client.awaitClosed();
        }
        await().until(() -> fixture.heard.contains("failed: the client sent unknown client flags 0x80"));
    }

    @Test
    void exportName_isAnsweredWithSizeFlagsAndZeroesUnlessAgreedOtherwise() throws IOException {
        for (boolean zeroes : List.of(true, false)) {
            try (RawNbdClient client = new RawNbdClient(fixture.address())) {
                client.clientFlags(Nbd.FLAG_FIXED_NEWSTYLE | (zeroes ? 0 : Nbd.FLAG_NO_ZEROES));
                client.sendOption(Nbd.OPT_EXPORT_NAME, "disk".getBytes());
                ByteBuffer answer = ByteBuffer.wrap(client.readNBytes(10 + (zeroes ? 124 : 0)));
                assertThat(answer.getLong()).isEqualTo(SIZE);
                assertThat(answer.getShort() & Nbd.TRANS_HAS_FLAGS).isEqualTo(Nbd.TRANS_HAS_FLAGS);
                client.request(Nbd.CMD_READ, 0, 7, 0, 512);
                assertThat(client.reply(512).payload()).hasSize(512);
            }
        }
    }

    @Test
    void exportName_worksForAClientThatDoesNotKnowFixedNewstyle() throws IOException {
        try (RawNbdClient client = new RawNbdClient(fixture.address())) {
            client.clientFlags(0);
            client.sendOption(Nbd.OPT_EXPORT_NAME, new byte[0]);
            assertThat(client.readNBytes(134)).hasSize(134);
        }
    }

    @Test
    void exportNameOfNothing_endsTheSession() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            client.sendOption(Nbd.OPT_EXPORT_NAME, "nothing".getBytes());
            client.awaitClosed();
        }
    }

    @Test
    void exportNameAfterExtendedHeaders_endsTheSession() throws IOException {
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.EXTENDED)) {
            client.sendOption(Nbd.OPT_EXPORT_NAME, "disk".getBytes());
            client.awaitClosed();
        }
    }

    // INFO and GO

    @Test
    void info_tellsSizeAndFlagsAndWhatWasAskedFor() throws IOException {
        fixture.exports.set(0, new NbdExport("disk", disk, false, "a fine disk"));
        try (RawNbdClient client = fixture.connect()) {
            List<OptionReply> replies = client.option(
                    Nbd.OPT_INFO,
                    goData("", Nbd.INFO_EXPORT, Nbd.INFO_NAME, Nbd.INFO_DESCRIPTION, Nbd.INFO_BLOCK_SIZE, 999));
            assertThat(replies).extracting(OptionReply::type).containsExactly(3, 3, 3, 3, 1);
            assertThat(replies.get(0).buffer().getLong(2)).isEqualTo(SIZE);
            assertThat(replies.get(1).text()).endsWith("disk").hasSize(6);
            assertThat(replies.get(2).text()).endsWith("a fine disk");
            ByteBuffer sizes = replies.get(3).buffer();
            assertThat(sizes.getShort()).isEqualTo((short) Nbd.INFO_BLOCK_SIZE);
            assertThat(List.of(sizes.getInt(), sizes.getInt(), sizes.getInt())).containsExactly(512, 4096, 32 << 20);
            assertThat(client.go("disk").exportSize).isEqualTo(SIZE);
        }
    }

    @Test
    void blockSizes_areNotForcedUponAClientThatDoesNotAsk() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            List<OptionReply> replies = client.option(Nbd.OPT_GO, goData("disk"));
            assertThat(replies).extracting(OptionReply::type).containsExactly(Nbd.REP_INFO, Nbd.REP_ACK);
            client.request(Nbd.CMD_READ, 0, 1, 1, 1);
            assertThat(client.reply(1).errno()).isEqualTo(Nbd.EINVAL);
            client.request(Nbd.CMD_READ, 0, 2, 512, 512);
            assertThat(client.reply(512).errno()).isZero();
        }
    }

    @Test
    void advertisedBlockSizes_obeyTheProtocolsBounds() throws IOException {
        fixture.exports.add(
                new NbdExport("tiny", new MemoryDevice("tiny", new Geometry(64, 1, 2, 1 << 20)), false, ""));
        fixture.exports.add(
                new NbdExport("wide", new MemoryDevice("wide", new Geometry(0, 1, 1 << 16, 1 << 12)), false, ""));
        try (RawNbdClient client = fixture.connect()) {
            assertThat(preferred(client, "tiny")).isEqualTo(512);
            assertThat(preferred(client, "wide")).isEqualTo(4096);
        }
    }

    private static int preferred(RawNbdClient client, String export) throws IOException {
        return client.option(Nbd.OPT_INFO, goData(export, Nbd.INFO_BLOCK_SIZE))
                .get(1)
                .buffer()
                .getInt(6);
    }

    @Test
    void whatIsAskedForAgainAndAgain_isToldOnce() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            int[] types = new int[16_000];
            Arrays.fill(types, Nbd.INFO_BLOCK_SIZE);
            assertThat(client.option(Nbd.OPT_INFO, goData("disk", types)))
                    .extracting(OptionReply::type)
                    .containsExactly(Nbd.REP_INFO, Nbd.REP_INFO, Nbd.REP_ACK);
        }
    }

    @Test
    void unknownExport_isAnErrorAndTheSessionLivesOn() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            OptionReply reply = last(client.option(Nbd.OPT_GO, goData("no\nthing")));
            assertThat(reply.type()).isEqualTo(Nbd.REP_ERR_UNKNOWN);
            assertThat(reply.text()).isEqualTo("there is no export \"no?thing\"");
            client.go("disk");
        }
    }

    @Test
    void defaultExport_isTheOnlyOne() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            assertThat(last(client.option(Nbd.OPT_INFO, goData(""))).type()).isEqualTo(Nbd.REP_ACK);
            fixture.exports.add(new NbdExport("other", disk, false, ""));
            assertThat(last(client.option(Nbd.OPT_INFO, goData(""))).type()).isEqualTo(Nbd.REP_ERR_UNKNOWN);
        }
    }

    @Test
    void goWhoseLengthsDoNotAddUp_isInvalid() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            byte[] good = goData("disk", Nbd.INFO_NAME);
            byte[] longName = good.clone();
            longName[3] = 100;
            byte[] manyRequests = good.clone();
            manyRequests[9] = 2;
            byte[] cut = java.util.Arrays.copyOf(good, 7);
            byte[] hugeName = ByteBuffer.allocate(6000).putInt(5000).array();
            for (byte[] bad : List.of(new byte[0], new byte[3], longName, manyRequests, cut, hugeName)) {
                assertThat(last(client.option(Nbd.OPT_GO, bad)).type()).isEqualTo(Nbd.REP_ERR_INVALID);
            }
            client.go("disk");
        }
    }

    // What is advertised

    @Test
    void flags_sayWhatTheDeviceCanDo() throws IOException {
        assertThat(flags(NbdReplyFormat.STRUCTURED)).isEqualTo(0b1101_1111_1101 & ~Nbd.TRANS_SEND_RESIZE);
        disk.with(Capabilities.NONE);
        assertThat(flags(NbdReplyFormat.SIMPLE)).isEqualTo(Nbd.TRANS_HAS_FLAGS | Nbd.TRANS_READ_ONLY);
        disk.with(Capabilities.of(Capability.WRITE, Capability.FAST_ZERO));
        assertThat(flags(NbdReplyFormat.SIMPLE)).isEqualTo(Nbd.TRANS_HAS_FLAGS);
    }

    @Test
    void severalConnections_areOfferedOnlyWhereTheDeviceAllows() throws IOException {
        assertThat(flags(NbdReplyFormat.SIMPLE) & Nbd.TRANS_CAN_MULTI_CONN).isNotZero();
        disk.without(Capability.MULTI_CHANNEL);
        assertThat(flags(NbdReplyFormat.SIMPLE) & Nbd.TRANS_CAN_MULTI_CONN).isZero();
    }

    @Test
    void dontFragment_isOfferedOnlyWhereRepliesComeInChunks() throws IOException {
        assertThat(flags(NbdReplyFormat.SIMPLE) & Nbd.TRANS_SEND_DF).isZero();
        assertThat(flags(NbdReplyFormat.EXTENDED) & Nbd.TRANS_SEND_DF).isNotZero();
    }

    @Test
    void readOnlyExport_offersNothingThatChangesData() throws IOException {
        fixture.exports.set(0, new NbdExport("disk", disk, true, ""));
        int changing =
                Nbd.TRANS_SEND_TRIM | Nbd.TRANS_SEND_WRITE_ZEROES | Nbd.TRANS_SEND_FAST_ZERO | Nbd.TRANS_SEND_FUA;
        assertThat(flags(NbdReplyFormat.SIMPLE) & (changing | Nbd.TRANS_READ_ONLY))
                .isEqualTo(Nbd.TRANS_READ_ONLY);
    }

    private int flags(NbdReplyFormat format) throws IOException {
        try (RawNbdClient client = fixture.connect().agreeOn(format).go("disk")) {
            return client.transmissionFlags;
        }
    }

    @Test
    void newSession_seesTheNewSize() throws IOException {
        disk.resize(2 * SIZE);
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            assertThat(client.exportSize).isEqualTo(2 * SIZE);
        }
    }

    // Other options

    @Test
    void list_namesEveryExport() throws IOException {
        fixture.exports.add(new NbdExport("zwei", disk, false, "the other"));
        try (RawNbdClient client = fixture.connect()) {
            List<OptionReply> replies = client.option(Nbd.OPT_LIST);
            assertThat(replies).extracting(OptionReply::type).containsExactly(2, 2, 1);
            assertThat(replies.get(1).buffer().getInt()).isEqualTo(4);
            assertThat(replies.get(1).text()).endsWith("zweithe other");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Nbd.OPT_LIST, Nbd.OPT_STARTTLS, Nbd.OPT_STRUCTURED_REPLY, Nbd.OPT_EXTENDED_HEADERS})
    void dataWhereNoneBelongs_isInvalid(int option) throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            assertThat(last(client.option(option, (byte) 1)).type()).isEqualTo(Nbd.REP_ERR_INVALID);
            client.go("disk");
        }
    }

    @Test
    void abort_isAcknowledgedWhateverComesWithIt() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            assertThat(last(client.option(Nbd.OPT_ABORT, new byte[100])).type()).isEqualTo(Nbd.REP_ACK);
            client.awaitClosed();
        }
        fixture.awaitNoSessions();
        assertThat(fixture.heard).containsExactly("failed: the client wanted no export");
    }

    @Test
    void tls_isNotThere() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            assertThat(last(client.option(Nbd.OPT_STARTTLS)).type()).isEqualTo(Nbd.REP_ERR_UNSUP);
            client.go("disk");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 12, -1})
    void unknownOption_isUnsupported(int option) throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            assertThat(last(client.option(option, new byte[50])).type()).isEqualTo(Nbd.REP_ERR_UNSUP);
            assertThat(last(client.option(option, new byte[NbdNegotiation.MAXIMUM_SKIPPED_BYTES]))
                            .type())
                    .isEqualTo(Nbd.REP_ERR_UNSUP);
            client.go("disk");
        }
    }

    @Test
    void longOption_isSkippedAndAnAbsurdOneEndsTheSession() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            byte[] tooLong = new byte[NbdNegotiation.MAXIMUM_OPTION_BYTES + 1];
            assertThat(last(client.option(Nbd.OPT_LIST, tooLong)).type()).isEqualTo(Nbd.REP_ERR_TOO_BIG);
            assertThat(last(client.option(Nbd.OPT_LIST)).type()).isEqualTo(Nbd.REP_ACK);
            ByteBuffer absurd = ByteBuffer.allocate(16);
            client.send(absurd.putLong(Nbd.OPTION_MAGIC)
                    .putInt(Nbd.OPT_LIST)
                    .putInt(-1)
                    .array());
            client.awaitClosed();
        }
    }

    @Test
    void optionWithoutMagic_endsTheSession() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes());
            client.awaitClosed();
        }
    }

    @Test
    void endlessHaggling_endsTheSession() throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            for (int i = 0; i < NbdNegotiation.MAXIMUM_OPTIONS; i++) {
                client.option(Nbd.OPT_LIST);
            }
            client.sendOption(Nbd.OPT_LIST, new byte[0]);
            client.awaitClosed();
        }
    }

    @Test
    void optionsMayArriveByteByByteAndAllAtOnce() throws IOException {
        try (RawNbdClient client = new RawNbdClient(fixture.address())) {
            ByteBuffer all = ByteBuffer.allocate(4 + 16 + 16 + 10);
            all.putInt(3).putLong(Nbd.OPTION_MAGIC).putInt(Nbd.OPT_LIST).putInt(0);
            all.putLong(Nbd.OPTION_MAGIC).putInt(Nbd.OPT_INFO).putInt(10).put(goData("disk"));
            for (byte one : all.array()) {
                client.send(new byte[] {one});
            }
            assertThat(client.optionReplies(Nbd.OPT_LIST)).hasSize(2);
            assertThat(client.optionReplies(Nbd.OPT_INFO)).hasSize(2);
            client.send(java.util.Arrays.copyOfRange(all.array(), 4, 46));
            assertThat(client.optionReplies(Nbd.OPT_LIST)).hasSize(2);
            assertThat(client.optionReplies(Nbd.OPT_INFO)).hasSize(2);
        }
    }

    @Test
    void structuredReplies_doNotFollowExtendedHeaders() throws IOException {
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.EXTENDED)) {
            assertThat(last(client.option(Nbd.OPT_STRUCTURED_REPLY)).type()).isEqualTo(Nbd.REP_ERR_EXT_HEADER_REQD);
            client.go("disk");
        }
    }

    // Metadata contexts

    @ParameterizedTest
    @ValueSource(ints = {Nbd.OPT_LIST_META_CONTEXT, Nbd.OPT_SET_META_CONTEXT})
    void metaContexts_wantRepliesInChunksFirst(int option) throws IOException {
        try (RawNbdClient client = fixture.connect()) {
            byte[] data = metaContext("disk", "base:allocation");
            assertThat(last(client.option(option, data)).type()).isEqualTo(Nbd.REP_ERR_INVALID);
            client.agreeOn(NbdReplyFormat.STRUCTURED);
            assertThat(client.option(option, data)).hasSize(2);
        }
    }

    @Test
    void listMetaContext_knowsTheWildcardAndNoQueries() throws IOException {
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.STRUCTURED)) {
            assertThat(contexts(client, Nbd.OPT_LIST_META_CONTEXT)).isEqualTo(1);
            assertThat(contexts(client, Nbd.OPT_LIST_META_CONTEXT, "base:")).isEqualTo(1);
            assertThat(contexts(client, Nbd.OPT_LIST_META_CONTEXT, "base:", "base:allocation"))
                    .isEqualTo(1);
            assertThat(contexts(client, Nbd.OPT_LIST_META_CONTEXT, "base:other", "x-mine:", "qemu:"))
                    .isZero();
        }
    }

    @Test
    void setMetaContext_selectsByFullNameOnly() throws IOException {
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.STRUCTURED)) {
            assertThat(contexts(client, Nbd.OPT_SET_META_CONTEXT)).isZero();
            assertThat(contexts(client, Nbd.OPT_SET_META_CONTEXT, "base:")).isZero();
            assertThat(contexts(client, Nbd.OPT_SET_META_CONTEXT, "qemu:dirty-bitmap:x", "base:allocation"))
                    .isEqualTo(1);
        }
    }

    private static int contexts(RawNbdClient client, int option, String... queries) throws IOException {
        List<OptionReply> replies = client.option(option, metaContext("disk", queries));
        assertThat(last(replies).type()).isEqualTo(Nbd.REP_ACK);
        return replies.size() - 1;
    }

    @Test
    void metaContextsOfADeviceWithoutBlockStatus_areNone() throws IOException {
        disk.without(Capability.BLOCK_STATUS);
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.STRUCTURED)) {
            assertThat(contexts(client, Nbd.OPT_SET_META_CONTEXT, "base:allocation"))
                    .isZero();
        }
    }

    @Test
    void badMetaContextRequests_areErrorsAndTheSessionLivesOn() throws IOException {
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.STRUCTURED)) {
            int option = Nbd.OPT_SET_META_CONTEXT;
            byte[] good = metaContext("disk", "base:allocation");
            byte[] moreQueries = good.clone();
            moreQueries[11] = 2;
            byte[] longQuery = good.clone();
            longQuery[14] = 1;
            byte[] trailing = java.util.Arrays.copyOf(good, good.length + 1);
            for (byte[] bad : List.of(new byte[0], new byte[5], moreQueries, longQuery, trailing)) {
                assertThat(last(client.option(option, bad)).type()).isEqualTo(Nbd.REP_ERR_INVALID);
            }
            assertThat(last(client.option(option, metaContext("disk", "nocolon")))
                            .type())
                    .isEqualTo(Nbd.REP_ERR_INVALID);
            assertThat(last(client.option(option, metaContext("nothing", "base:allocation")))
                            .type())
                    .isEqualTo(Nbd.REP_ERR_UNKNOWN);
            client.go("disk");
        }
    }

    @Test
    void selection_isReplacedByALaterRequestEvenIfThatFails() throws IOException {
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.STRUCTURED)) {
            assertThat(contexts(client, Nbd.OPT_SET_META_CONTEXT, "base:allocation"))
                    .isEqualTo(1);
            client.option(Nbd.OPT_SET_META_CONTEXT, new byte[3]);
            client.go("disk").request(Nbd.CMD_BLOCK_STATUS, 0, 1, 0, 512);
            assertThat(client.reply().errno()).isEqualTo(Nbd.EINVAL);
        }
    }

    @Test
    void selectionForAnotherExport_doesNotCount() throws IOException {
        fixture.exports.add(new NbdExport("other", disk, false, ""));
        try (RawNbdClient client = fixture.connect().agreeOn(NbdReplyFormat.STRUCTURED)) {
            client.option(Nbd.OPT_SET_META_CONTEXT, metaContext("other", "base:allocation"));
            client.go("disk").request(Nbd.CMD_BLOCK_STATUS, 0, 1, 0, 512);
            assertThat(client.reply().errno()).isEqualTo(Nbd.EINVAL);
        }
    }

    // Limits

    @Test
    void slowHandshake_endsTheSession() throws IOException {
        Duration soon = Duration.ofMillis(300);
        try (NbdServerFixture hasty = NbdServerFixture.serving(o -> o.withTimeouts(soon, soon), disk);
                RawNbdClient silent = new RawNbdClient(hasty.address());
                RawNbdClient talkative = hasty.connect();
                RawNbdClient done = hasty.open(NbdReplyFormat.SIMPLE)) {
            talkative.option(Nbd.OPT_LIST);
            silent.awaitClosed();
            talkative.awaitClosed();
            done.request(Nbd.CMD_READ, 0, 1, 0, 512);
            assertThat(done.reply(512).errno()).isZero();
            await().untilAsserted(() -> assertThat(hasty.heard)
                    .containsOnlyOnce("opened disk")
                    .contains("failed: the handshake took too long"));
        }
    }

    @Test
    void sessionsBeyondTheLimit_areClosedAtOnceAndTheOthersStay() throws IOException {
        try (NbdServerFixture small = NbdServerFixture.serving(o -> o.withSessions(2, 2, 256), disk)) {
            try (RawNbdClient first = small.open(NbdReplyFormat.SIMPLE);
                    RawNbdClient second = small.connect()) {
                org.assertj.core.api.Assertions.assertThatThrownBy(small::connect)
                        .isInstanceOf(IOException.class);
                first.request(Nbd.CMD_READ, 0, 1, 0, 512);
                assertThat(first.reply(512).errno()).isZero();
                second.option(Nbd.OPT_LIST);
            }
            small.awaitNoSessions();
            small.open(NbdReplyFormat.SIMPLE).close();
        }
    }

    @Test
    void anAddressHasSoManySessions_andOthersHaveTheirs() throws IOException {
        try (NbdServerFixture shared = NbdServerFixture.serving(o -> o.withSessions(10, 2, 256), disk)) {
            try (RawNbdClient first = shared.open(NbdReplyFormat.SIMPLE);
                    RawNbdClient second = shared.connect();
                    Socket other = new Socket(
                            shared.address().getAddress(),
                            shared.address().getPort(),
                            InetAddress.getByName("127.0.0.2"),
                            0)) {
                org.assertj.core.api.Assertions.assertThatThrownBy(shared::connect)
                        .isInstanceOf(IOException.class);
                other.setSoTimeout(20_000);
                assertThat(other.getInputStream().readNBytes(8))
                        .asString(US_ASCII)
                        .isEqualTo("NBDMAGIC");
                first.request(Nbd.CMD_READ, 0, 1, 0, 512);
                assertThat(first.reply(512).errno()).isZero();
                second.option(Nbd.OPT_LIST);
            }
            shared.awaitNoSessions();
            shared.open(NbdReplyFormat.SIMPLE).close();
        }
    }

    @Test
    void ofThoseWhoNegotiateTheOldestMakesRoom_andWhoIsInStays() throws IOException {
        try (NbdServerFixture busy = NbdServerFixture.serving(o -> o.withSessions(10, 10, 2), disk);
                RawNbdClient in = busy.open(NbdReplyFormat.SIMPLE);
                RawNbdClient oldest = busy.connect();
                RawNbdClient older = busy.connect();
                RawNbdClient young = busy.connect()) {
            oldest.awaitClosed();
            older.option(Nbd.OPT_LIST);
            young.option(Nbd.OPT_LIST);
            in.request(Nbd.CMD_READ, 0, 1, 0, 512);
            assertThat(in.reply(512).errno()).isZero();
            await().untilAsserted(() -> assertThat(busy.heard).contains("failed: more than 2 clients negotiate"));
        }
    }
}
