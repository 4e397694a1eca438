package io.ropewalk.nbd;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of the handshake ("Fixed newstyle negotiation"): reads options, writes their replies, and ends with
 * an {@link NbdAgreement}, an abort, or an {@link NbdServerViolation}. Knows bytes, not sockets; one thread.
 *
 * <p>Nobody is turned away for being old: block sizes are told to who asks, but a client that does not ask is let in all
 * the same (no BLOCK_SIZE_REQD), and what it sends unaligned is answered with EINVAL. Clients that do not announce fixed
 * newstyle may use all options as well.
 *
 * <p>TLS is off, offered or required ({@link Tls}). After STARTTLS whoever holds the connection does the handshake and
 * calls {@link #secured}; what was agreed in clear counts no more. Where TLS is offered, an export that is not there in
 * clear is answered TLS_REQD, so that nobody learns without TLS which names there are.
 *
 * <p>Bounds: {@value #MAXIMUM_OPTIONS} options; {@value #MAXIMUM_OPTION_BYTES} bytes for one that is read, {@value
 * #MAXIMUM_SKIPPED_BYTES} for one that is skipped with an error.
 */
final class NbdNegotiation {
    static final int MAXIMUM_OPTIONS = 256;
    static final int MAXIMUM_OPTION_BYTES = 32 << 10;
    static final int MAXIMUM_SKIPPED_BYTES = 1 << 20;

    /** The id of {@code base:allocation}, the only context there is. */
    static final int ALLOCATION_CONTEXT_ID = 1;

    private static final int RESERVED_ZEROES = 124;
    private static final int KNOWN_CLIENT_FLAGS = Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES;

    /** What may be had without TLS. */
    enum Tls {
        /** Everything; there is no TLS ("NOTLS"). */
        OFF,
        /** What does not ask for a certificate ("SELECTIVETLS"). */
        OFFERED,
        /** Nothing ("FORCEDTLS"). */
        REQUIRED,
        /** TLS is on. */
        ON
    }

    private final NbdExports exports;
    private NbdPeer peer;
    private Tls tls;

    private boolean flagsReceived;
    private boolean noZeroes;
    private NbdReplyFormat format = NbdReplyFormat.SIMPLE;
    /** The export that {@code base:allocation} was selected for, as the client spelled it. */
    private @Nullable String allocationContextOf;

    private int options;
    private long bytesToSkip;
    private @Nullable NbdAgreement agreement;
    private boolean aborted;
    private boolean startingTls;

    NbdNegotiation(NbdExports exports, NbdPeer peer, Tls tls) {
        this.exports = exports;
        this.peer = peer;
        this.tls = tls;
    }

    /** What the server says first. */
    static void greet(ByteBuf out) {
        out.writeLong(Nbd.INIT_MAGIC)
                .writeLong(Nbd.OPTION_MAGIC)
                .writeShort(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
    }

    /** What was settled; null until then. */
    @Nullable NbdAgreement agreement() {
        return agreement;
    }

    /** Whether the client was told to begin with TLS, and nothing in clear may follow. */
    boolean isStartingTls() {
        return startingTls;
    }

    /** TLS is on. What was agreed in clear may be an intruder's, so it is forgotten. */
    void secured(NbdPeer securedPeer) {
        startingTls = false;
        tls = Tls.ON;
        peer = securedPeer;
        format = NbdReplyFormat.SIMPLE;
        allocationContextOf = null;
    }

    /** Whether the client has taken its leave. */
    boolean isAborted() {
        return aborted;
    }

    /**
     * Takes one message from {@code in} and writes the replies to {@code out}.
     *
     * @return as {@link MessageReceiver#decode}
     */
    int decode(ByteBuf in, ByteBuf out) {
        if (!flagsReceived) {
            return decodeClientFlags(in);
        }
        if (bytesToSkip > 0) {
            return skip(in);
        }
        if (in.readableBytes() < Nbd.OPTION_LENGTH) {
            return Nbd.OPTION_LENGTH;
        }
        int start = in.readerIndex();
        if (in.getLong(start) != Nbd.OPTION_MAGIC) {
            throw new NbdServerViolation("the client sent an option without its magic number");
        }
        int option = in.getInt(start + 8);
        long length = in.getUnsignedInt(start + 12);
        if (length > MAXIMUM_OPTION_BYTES) {
            return startSkipping(in, option, length, out);
        }
        int whole = Nbd.OPTION_LENGTH + (int) length;
        if (in.readableBytes() < whole) {
            return whole;
        }
        count();
        in.skipBytes(Nbd.OPTION_LENGTH);
        answer(option, in.readSlice((int) length), out);
        return 0;
    }

    private int decodeClientFlags(ByteBuf in) {
        if (in.readableBytes() < Integer.BYTES) {
            return Integer.BYTES;
        }
        int flags = in.readInt();
        if ((flags & ~KNOWN_CLIENT_FLAGS) != 0) {
            throw new NbdServerViolation("the client sent unknown client flags 0x" + Integer.toHexString(flags));
        }
        noZeroes = (flags & Nbd.FLAG_NO_ZEROES) != 0;
        flagsReceived = true;
        return 0;
    }

    private int startSkipping(ByteBuf in, int option, long length, ByteBuf out) {
        if (option == Nbd.OPT_EXPORT_NAME || length > MAXIMUM_SKIPPED_BYTES) {
            throw new NbdServerViolation("the client sent option " + option + " of " + length + " bytes");
        }
        count();
        in.skipBytes(Nbd.OPTION_LENGTH);
        bytesToSkip = length;
        if (tls == Tls.REQUIRED) {
            refuseWithoutTls(option, out);
        } else {
            error(out, option, isKnown(option) ? Nbd.REP_ERR_TOO_BIG : Nbd.REP_ERR_UNSUP, "the option is too long");
        }
        return 0;
    }

    private int skip(ByteBuf in) {
        int skipped = (int) Math.min(bytesToSkip, in.readableBytes());
        in.skipBytes(skipped);
        bytesToSkip -= skipped;
        return 0;
    }

    private void count() {
        if (++options > MAXIMUM_OPTIONS) {
            throw new NbdServerViolation("the client sent more than " + MAXIMUM_OPTIONS + " options");
        }
    }

    private static boolean isKnown(int option) {
        return switch (option) {
            case Nbd.OPT_EXPORT_NAME,
                    Nbd.OPT_ABORT,
                    Nbd.OPT_LIST,
                    Nbd.OPT_STARTTLS,
                    Nbd.OPT_INFO,
                    Nbd.OPT_GO,
                    Nbd.OPT_STRUCTURED_REPLY,
                    Nbd.OPT_LIST_META_CONTEXT,
                    Nbd.OPT_SET_META_CONTEXT,
                    Nbd.OPT_EXTENDED_HEADERS -> true;
            default -> false;
        };
    }

    private void answer(int option, ByteBuf data, ByteBuf out) {
        if (tls == Tls.REQUIRED && option != Nbd.OPT_STARTTLS && option != Nbd.OPT_ABORT) {
            refuseWithoutTls(option, out);
            return;
        }
        switch (option) {
            case Nbd.OPT_EXPORT_NAME -> exportName(data, out);
            case Nbd.OPT_ABORT -> abort(out);
            case Nbd.OPT_LIST -> list(data, out);
            case Nbd.OPT_STARTTLS -> startTls(data, out);
            case Nbd.OPT_INFO, Nbd.OPT_GO -> infoOrGo(option, data, out);
            case Nbd.OPT_STRUCTURED_REPLY -> structuredReply(data, out);
            case Nbd.OPT_EXTENDED_HEADERS -> extendedHeaders(data, out);
            case Nbd.OPT_LIST_META_CONTEXT, Nbd.OPT_SET_META_CONTEXT -> metaContext(option, data, out);
            default -> error(out, option, Nbd.REP_ERR_UNSUP, "this server does not know option " + option);
        }
    }

    private static void refuseWithoutTls(int option, ByteBuf out) {
        if (option == Nbd.OPT_EXPORT_NAME) {
            throw new NbdServerViolation("the client asked for an export without TLS, which is required");
        }
        error(out, option, Nbd.REP_ERR_TLS_REQD, "this server requires TLS");
    }

    // Choosing an export

    private void exportName(ByteBuf data, ByteBuf out) {
        if (format == NbdReplyFormat.EXTENDED) {
            throw new NbdServerViolation("the client sent EXPORT_NAME after extended headers were agreed");
        }
        String name = text(data, data.readableBytes());
        NbdExport export = resolve(name)
                .orElseThrow(() ->
                        new NbdServerViolation("the client asked for an export that is not there: " + printable(name)));
        NbdAgreement agreed = agree(name, export);
        out.writeLong(export.device().geometry().sizeBytes()).writeShort(agreed.transmissionFlags());
        if (!noZeroes) {
            out.writeZero(RESERVED_ZEROES);
        }
        agreement = agreed;
    }

    private void infoOrGo(int option, ByteBuf data, ByteBuf out) {
        String name = readString(data);
        int requests = name != null && data.readableBytes() >= Short.BYTES ? data.readUnsignedShort() : -1;
        if (name == null || data.readableBytes() != requests * Short.BYTES) {
            error(out, option, Nbd.REP_ERR_INVALID, "the lengths within the option do not add up");
            return;
        }
        Optional<NbdExport> found = resolve(name);
        if (found.isEmpty()) {
            refuseUnknown(option, name, out);
            return;
        }
        NbdExport export = found.get();
        NbdAgreement agreed = agree(name, export);
        Geometry geometry = export.device().geometry();
        infoExport(out, option, geometry, agreed.transmissionFlags());
        // Each once, however often it is asked for: an option may name one 16,000 times.
        Set<Integer> types = new TreeSet<>();
        while (data.isReadable()) {
            types.add(data.readUnsignedShort());
        }
        types.forEach(type -> info(out, option, type, export, geometry));
        acknowledge(out, option);
        if (option == Nbd.OPT_GO) {
            agreement = agreed;
        }
    }

    private void refuseUnknown(int option, String name, ByteBuf out) {
        if (tls == Tls.OFFERED) {
            error(out, option, Nbd.REP_ERR_TLS_REQD, "there is no export \"" + printable(name) + "\" without TLS");
        } else {
            error(out, option, Nbd.REP_ERR_UNKNOWN, "there is no export \"" + printable(name) + "\"");
        }
    }

    private static void infoExport(ByteBuf out, int option, Geometry geometry, int flags) {
        int start = begin(out, option, Nbd.REP_INFO);
        out.writeShort(Nbd.INFO_EXPORT).writeLong(geometry.sizeBytes()).writeShort(flags);
        end(out, start);
    }

    private static void info(ByteBuf out, int option, int type, NbdExport export, Geometry geometry) {
        switch (type) {
            case Nbd.INFO_NAME -> infoText(out, option, type, export.name());
            case Nbd.INFO_DESCRIPTION -> infoText(out, option, type, export.description());
            case Nbd.INFO_BLOCK_SIZE -> infoBlockSize(out, option, geometry);
            default -> {
                // INFO_EXPORT is sent anyway; what is not known is ignored, says the protocol.
            }
        }
    }

    private static void infoText(ByteBuf out, int option, int type, String text) {
        if (text.isEmpty()) {
            return;
        }
        int start = begin(out, option, Nbd.REP_INFO);
        out.writeShort(type);
        ByteBufUtil.writeUtf8(out, text);
        end(out, start);
    }

    private static void infoBlockSize(ByteBuf out, int option, Geometry geometry) {
        int start = begin(out, option, Nbd.REP_INFO);
        int maximum = geometry.maximumPayloadBytes();
        // The protocol wants minimum <= preferred <= maximum, and a preferred size of at least 512.
        int preferred = Math.min(Math.max(512, geometry.preferredBlockSize()), Integer.highestOneBit(maximum));
        out.writeShort(Nbd.INFO_BLOCK_SIZE)
                .writeInt(geometry.minimumBlockSize())
                .writeInt(preferred)
                .writeInt(maximum);
        end(out, start);
    }

    private NbdAgreement agree(String name, NbdExport export) {
        boolean chunked = format != NbdReplyFormat.SIMPLE;
        int flags = NbdExportFlags.of(export.device().capabilities(), export.readOnly(), chunked);
        return new NbdAgreement(export, format, name.equals(allocationContextOf), flags);
    }

    private Optional<NbdExport> resolve(String name) {
        Optional<NbdExport> found = exports.find(name, peer);
        if (found.isEmpty() && name.isEmpty()) {
            List<NbdExport> all = exports.list(peer);
            return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
        }
        return found;
    }

    // Everything else

    private void abort(ByteBuf out) {
        acknowledge(out, Nbd.OPT_ABORT);
        aborted = true;
    }

    private void list(ByteBuf data, ByteBuf out) {
        if (refuseData(Nbd.OPT_LIST, data, out)) {
            return;
        }
        for (NbdExport export : exports.list(peer)) {
            int start = begin(out, Nbd.OPT_LIST, Nbd.REP_SERVER);
            out.writeInt(ByteBufUtil.utf8Bytes(export.name()));
            ByteBufUtil.writeUtf8(out, export.name());
            ByteBufUtil.writeUtf8(out, export.description());
            end(out, start);
        }
        acknowledge(out, Nbd.OPT_LIST);
    }

    private void startTls(ByteBuf data, ByteBuf out) {
        if (refuseData(Nbd.OPT_STARTTLS, data, out)) {
            return;
        }
        switch (tls) {
            case OFF -> error(out, Nbd.OPT_STARTTLS, Nbd.REP_ERR_UNSUP, "this server does not do TLS");
            case ON -> error(out, Nbd.OPT_STARTTLS, Nbd.REP_ERR_INVALID, "TLS is on already");
            case OFFERED, REQUIRED -> {
                acknowledge(out, Nbd.OPT_STARTTLS);
                startingTls = true;
            }
        }
    }

    private void structuredReply(ByteBuf data, ByteBuf out) {
        if (refuseData(Nbd.OPT_STRUCTURED_REPLY, data, out)) {
            return;
        }
        if (format == NbdReplyFormat.EXTENDED) {
            error(
                    out,
                    Nbd.OPT_STRUCTURED_REPLY,
                    Nbd.REP_ERR_EXT_HEADER_REQD,
                    "extended headers are agreed already and take precedence");
            return;
        }
        format = NbdReplyFormat.STRUCTURED;
        acknowledge(out, Nbd.OPT_STRUCTURED_REPLY);
    }

    private void extendedHeaders(ByteBuf data, ByteBuf out) {
        if (!refuseData(Nbd.OPT_EXTENDED_HEADERS, data, out)) {
            format = NbdReplyFormat.EXTENDED;
            acknowledge(out, Nbd.OPT_EXTENDED_HEADERS);
        }
    }

    // Metadata contexts

    private void metaContext(int option, ByteBuf data, ByteBuf out) {
        boolean selecting = option == Nbd.OPT_SET_META_CONTEXT;
        if (selecting) {
            // Each request replaces what was selected before, also when it fails.
            allocationContextOf = null;
        }
        if (format == NbdReplyFormat.SIMPLE) {
            error(out, option, Nbd.REP_ERR_INVALID, "structured replies or extended headers come first");
            return;
        }
        String name = readString(data);
        Set<String> queries = name == null ? null : readQueries(data);
        if (name == null || queries == null) {
            error(out, option, Nbd.REP_ERR_INVALID, "the lengths within the option do not add up");
            return;
        }
        Optional<NbdExport> export = resolve(name);
        if (export.isEmpty()) {
            error(out, option, Nbd.REP_ERR_UNKNOWN, "there is no export \"" + printable(name) + "\"");
            return;
        }
        if (queries.stream().anyMatch(query -> query.indexOf(':') < 0)) {
            error(out, option, Nbd.REP_ERR_INVALID, "a query without a colon");
            return;
        }
        boolean available = export.get().device().capabilities().has(Capability.BLOCK_STATUS);
        if (available && matchesAllocation(queries, selecting)) {
            allocationContext(out, option, selecting ? ALLOCATION_CONTEXT_ID : 0);
            allocationContextOf = selecting ? name : allocationContextOf;
        }
        acknowledge(out, option);
    }

    private static boolean matchesAllocation(Set<String> queries, boolean selecting) {
        return queries.contains(Nbd.BASE_ALLOCATION)
                || (!selecting && (queries.isEmpty() || queries.contains("base:")));
    }

    private static void allocationContext(ByteBuf out, int option, int id) {
        int start = begin(out, option, Nbd.REP_META_CONTEXT);
        out.writeInt(id);
        ByteBufUtil.writeUtf8(out, Nbd.BASE_ALLOCATION);
        end(out, start);
    }

    /** The queries that follow; null when lengths do not add up to the end of {@code data}. */
    private static @Nullable Set<String> readQueries(ByteBuf data) {
        if (data.readableBytes() < Integer.BYTES) {
            return null;
        }
        long count = data.readUnsignedInt();
        Set<String> queries = new LinkedHashSet<>();
        for (long i = 0; i < count; i++) {
            String query = readString(data);
            if (query == null) {
                return null;
            }
            queries.add(query);
        }
        return data.isReadable() ? null : queries;
    }

    // Bytes

    /** A string after its 32-bit length; null when it does not lie within {@code data} or is longer than allowed. */
    private static @Nullable String readString(ByteBuf data) {
        if (data.readableBytes() < Integer.BYTES) {
            return null;
        }
        long length = data.readUnsignedInt();
        if (length > data.readableBytes() || length > Nbd.MAXIMUM_STRING) {
            return null;
        }
        return text(data, (int) length);
    }

    private static String text(ByteBuf data, int length) {
        return data.readCharSequence(length, UTF_8).toString();
    }

    /** Client's text made safe for a log line and for a reply: short, and without control characters. */
    private static String printable(String text) {
        String shortened = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return shortened.replaceAll("\\p{Cntrl}", "?");
    }

    private static boolean refuseData(int option, ByteBuf data, ByteBuf out) {
        if (data.isReadable()) {
            error(out, option, Nbd.REP_ERR_INVALID, "the option takes no data");
            return true;
        }
        return false;
    }

    private static void acknowledge(ByteBuf out, int option) {
        end(out, begin(out, option, Nbd.REP_ACK));
    }

    private static void error(ByteBuf out, int option, int type, String message) {
        int start = begin(out, option, type);
        ByteBufUtil.writeUtf8(out, message);
        end(out, start);
    }

    private static int begin(ByteBuf out, int option, int type) {
        int start = out.writerIndex();
        out.writeLong(Nbd.OPTION_REPLY_MAGIC).writeInt(option).writeInt(type).writeInt(0);
        return start;
    }

    private static void end(ByteBuf out, int start) {
        out.setInt(start + 16, out.writerIndex() - start - Nbd.OPTION_REPLY_LENGTH);
    }
}
