package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.nbd.NbdClientExport.BlockSizes;
import io.ropewalk.nbd.NbdClientExport.Style;
import io.ropewalk.tls.TlsTrouble;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one handshake: newstyle, fixed or not ("Handshake" in the protocol). Lives on its connection's
 * loop.
 *
 * <pre>
 * GREETING ─ nbds ─► START_TLS ─ ACK ─► TLS ─ {@link #secured} ─► EXTENDED_HEADERS …
 *
 * GREETING ─ fixed ─► EXTENDED_HEADERS ─ refused ─► STRUCTURED_REPLY ─ refused ─► GO ─ ACK ─► done
 *    │                      └── ACK ──► SET_META_CONTEXT ◄── ACK ──┘               │ │
 *    │                                     └──────── either way ─────────────────►──┘ ├─ unknown ─► LIST ─► failure
 *    └─ not fixed ─► EXPORT_NAME ─► done   ◄──────────────────── not supported ───────┘
 * </pre>
 *
 * <p>One option at a time is under way, every length has a bound and every magic is checked. What the server will not
 * do is done without; only the last step must succeed, and TLS where it is asked for: there is no way around it.
 */
final class NbdClientHandshake {
    private static final long OLDSTYLE_MAGIC = 0x00420281861253L;
    private static final int GREETING_LENGTH = 18;
    private static final int EXPORT_NAME_REPLY_LENGTH = 10;
    private static final int EXPORT_NAME_PADDING = 124;
    /** A name and a description, both of the longest kind, with their lengths. */
    private static final int MAXIMUM_REPLY_DATA = 2 * Nbd.MAXIMUM_STRING + 8;

    private static final int MAXIMUM_REPLIES_PER_OPTION = 1024;
    private static final int MAXIMUM_NAMES_TOLD = 8;
    private static final int MAXIMUM_TEXT_TOLD = 200;

    private enum Step {
        GREETING(0),
        START_TLS(Nbd.OPT_STARTTLS),
        /** The session goes over to TLS; nothing is decoded. */
        TLS(0),
        EXTENDED_HEADERS(Nbd.OPT_EXTENDED_HEADERS),
        STRUCTURED_REPLY(Nbd.OPT_STRUCTURED_REPLY),
        META_CONTEXT(Nbd.OPT_SET_META_CONTEXT),
        GO(Nbd.OPT_GO),
        EXPORT_NAME(Nbd.OPT_EXPORT_NAME),
        LIST(Nbd.OPT_LIST),
        DONE(0);

        private final int option;

        Step(int option) {
            this.option = option;
        }
    }

    private final NbdUri uri;
    private final String server;
    private final byte[] exportName;
    private final List<String> namesOffered = new ArrayList<>();

    private Step step = Step.GREETING;
    private int repliesToOption;
    private boolean noZeroes;
    private Style style = Style.SIMPLE;
    private @Nullable Integer allocationContext;
    private @Nullable ExportInfo exportInfo;
    private @Nullable BlockSizes blockSizes;
    private @Nullable NbdClientExport result;

    private record ExportInfo(long sizeBytes, int flags) {}

    NbdClientHandshake(NbdUri uri) {
        this.uri = uri;
        this.server = "The server at " + uri.server();
        this.exportName = uri.export().getBytes(StandardCharsets.UTF_8);
    }

    /** What was agreed on; null before the end. */
    @Nullable NbdClientExport result() {
        return result;
    }

    /**
     * Takes one message; see {@link MessageReceiver#decode}.
     *
     * @throws DeviceException when there will be no session
     */
    int decode(ChannelHandlerContext context, ByteBuf in) throws DeviceException {
        return switch (step) {
            case GREETING -> greeting(context, in);
            case EXPORT_NAME -> exportNameReply(in);
            case TLS, DONE -> throw new IllegalStateException("nothing is to be decoded in " + step);
            default -> optionReply(context, in);
        };
    }

    /** Whether the session is to go over to TLS now. */
    boolean isStartingTls() {
        return step == Step.TLS;
    }

    /** The session is encrypted, and the server is who it should be. */
    void secured(ChannelHandlerContext context) {
        ask(context, Step.EXTENDED_HEADERS);
    }

    /** Encryption did not come about or broke, because of {@code cause}. */
    DeviceException onTlsTrouble(Throwable cause) {
        String message = server + " cannot be used over TLS: " + TlsTrouble.clause(cause) + ".";
        return new DeviceException(Reason.UNREACHABLE, message, cause);
    }

    /** The server has closed the connection. */
    DeviceException onClosed() {
        return switch (step) {
            case GREETING ->
                failure(
                        Reason.UNREACHABLE,
                        server + " closed the connection without a greeting; it is not an NBD server, or takes no more"
                                + " clients.");
            case EXPORT_NAME ->
                failure(
                        Reason.UNREACHABLE,
                        server + " closed the connection when asked for " + uri.exportForPeople()
                                + "; most likely it has none of that name.");
            case TLS -> failure(Reason.UNREACHABLE, server + " closed the connection during the TLS handshake.");
            default -> failure(Reason.UNREACHABLE, server + " closed the connection during the handshake.");
        };
    }

    /** Time is up. */
    DeviceException onTimeout() {
        String silence = step == Step.GREETING
                ? " sent no greeting in time; it is not an NBD server, or is busy with other clients."
                : " did not complete the handshake in time.";
        return failure(Reason.UNREACHABLE, server + silence);
    }

    private int greeting(ChannelHandlerContext context, ByteBuf in) throws DeviceException {
        if (in.readableBytes() >= Long.BYTES && in.getLong(in.readerIndex()) != Nbd.INIT_MAGIC) {
            throw notNbd("greets with something else");
        }
        if (in.readableBytes() < GREETING_LENGTH) {
            return GREETING_LENGTH;
        }
        in.skipBytes(Long.BYTES);
        long magic = in.readLong();
        if (magic == OLDSTYLE_MAGIC) {
            throw failure(
                    Reason.UNSUITABLE,
                    server + " speaks the oldstyle NBD handshake only; start it with a newstyle export.");
        }
        if (magic != Nbd.OPTION_MAGIC) {
            throw notNbd("greets with an unknown magic number");
        }
        answerGreeting(context, in.readUnsignedShort());
        return 0;
    }

    private void answerGreeting(ChannelHandlerContext context, int serverFlags) throws DeviceException {
        int flags = serverFlags & (Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
        noZeroes = (flags & Nbd.FLAG_NO_ZEROES) != 0;
        boolean fixed = (flags & Nbd.FLAG_FIXED_NEWSTYLE) != 0;
        if (uri.tls() && !fixed) {
            throw noTls("its handshake is too old for it");
        }
        context.write(context.alloc().buffer(Integer.BYTES).writeInt(flags));
        if (fixed) {
            ask(context, uri.tls() ? Step.START_TLS : Step.EXTENDED_HEADERS);
        } else {
            ask(context, Step.EXPORT_NAME, exportName);
        }
    }

    private int exportNameReply(ByteBuf in) throws DeviceException {
        int length = EXPORT_NAME_REPLY_LENGTH + (noZeroes ? 0 : EXPORT_NAME_PADDING);
        if (in.readableBytes() < length) {
            return length;
        }
        exportInfo = new ExportInfo(in.readLong(), in.readUnsignedShort());
        in.skipBytes(length - EXPORT_NAME_REPLY_LENGTH);
        finish();
        return 0;
    }

    private int optionReply(ChannelHandlerContext context, ByteBuf in) throws DeviceException {
        if (in.readableBytes() < Nbd.OPTION_REPLY_LENGTH) {
            return Nbd.OPTION_REPLY_LENGTH;
        }
        int start = in.readerIndex();
        if (in.getLong(start) != Nbd.OPTION_REPLY_MAGIC) {
            throw notNbd("answers an option with an unknown magic number");
        }
        if (in.getInt(start + 8) != step.option) {
            throw notNbd("answers option " + in.getUnsignedInt(start + 8) + " when asked for " + step.option);
        }
        long length = in.getUnsignedInt(start + 16);
        if (length > MAXIMUM_REPLY_DATA || repliesToOption == MAXIMUM_REPLIES_PER_OPTION) {
            throw notNbd("answers option " + step.option + " with more than it may");
        }
        if (in.readableBytes() < Nbd.OPTION_REPLY_LENGTH + length) {
            return Nbd.OPTION_REPLY_LENGTH + (int) length;
        }
        repliesToOption++;
        int type = in.getInt(start + 12);
        in.skipBytes(Nbd.OPTION_REPLY_LENGTH);
        take(context, type, in.readSlice((int) length));
        return 0;
    }

    private void take(ChannelHandlerContext context, int type, ByteBuf data) throws DeviceException {
        if (type == Nbd.REP_ERR_SHUTDOWN) {
            throw refusal(context, Reason.UNREACHABLE, server + " is shutting down.");
        }
        switch (step) {
            case START_TLS -> startTls(context, type, data);
            case EXTENDED_HEADERS -> framing(context, type, Style.EXTENDED);
            case STRUCTURED_REPLY -> framing(context, type, Style.STRUCTURED);
            case META_CONTEXT -> metaContext(context, type, data);
            case GO -> go(context, type, data);
            case LIST -> list(context, type, data);
            default -> throw new IllegalStateException("no reply is expected in " + step);
        }
    }

    private void startTls(ChannelHandlerContext context, int type, ByteBuf data) throws DeviceException {
        requireFinal(type);
        if (type != Nbd.REP_ACK) {
            String text = text(data);
            context.writeAndFlush(option(context, Nbd.OPT_ABORT));
            throw noTls("it refuses STARTTLS" + (text.isEmpty() ? "" : " (it says: " + text + ")"));
        }
        step = Step.TLS;
    }

    private DeviceException noTls(String why) {
        return failure(
                Reason.UNREACHABLE,
                server + " does not do TLS: " + why + "; set it up there, or use the scheme nbd without the s.");
    }

    /** More came after the server's yes, before TLS: what an intruder has put there. */
    DeviceException onPlainBytes() {
        return failure(Reason.UNREACHABLE, server + " sends more in clear after it has agreed to TLS.");
    }

    private void framing(ChannelHandlerContext context, int type, Style asked) throws DeviceException {
        requireFinal(type);
        if (type == Nbd.REP_ACK) {
            style = asked;
            ask(context, Step.META_CONTEXT, metaContextQuery(context));
        } else if (asked == Style.EXTENDED) {
            ask(context, Step.STRUCTURED_REPLY);
        } else {
            ask(context, Step.GO, goQuery(context));
        }
    }

    private void metaContext(ChannelHandlerContext context, int type, ByteBuf data) throws DeviceException {
        if (type == Nbd.REP_META_CONTEXT) {
            if (data.readableBytes() < Integer.BYTES) {
                throw notNbd("names a metadata context in too few bytes");
            }
            int id = data.readInt();
            if (data.toString(StandardCharsets.UTF_8).equals(Nbd.BASE_ALLOCATION)) {
                allocationContext = id;
            }
            return;
        }
        requireFinal(type);
        if (type != Nbd.REP_ACK) {
            allocationContext = null;
        }
        ask(context, Step.GO, goQuery(context));
    }

    private void go(ChannelHandlerContext context, int type, ByteBuf data) throws DeviceException {
        if (type == Nbd.REP_INFO) {
            info(data);
            return;
        }
        requireFinal(type);
        if (type == Nbd.REP_ACK) {
            finish();
        } else {
            goRefused(context, type, data);
        }
    }

    private void goRefused(ChannelHandlerContext context, int type, ByteBuf data) throws DeviceException {
        if (type == Nbd.REP_ERR_UNSUP && style != Style.EXTENDED) {
            exportInfo = null;
            blockSizes = null;
            ask(context, Step.EXPORT_NAME, exportName);
            return;
        }
        if (type == Nbd.REP_ERR_UNKNOWN) {
            ask(context, Step.LIST);
            return;
        }
        Reason reason = type == Nbd.REP_ERR_POLICY ? Reason.NOT_ALLOWED : Reason.UNSUITABLE;
        String text = text(data);
        String said = text.isEmpty() ? "" : " (it says: " + text + ")";
        throw refusal(
                context, reason, server + " refuses " + uri.exportForPeople() + ": " + meaning(type) + said + ".");
    }

    private static String meaning(int type) {
        return switch (type) {
            case Nbd.REP_ERR_TLS_REQD -> "it requires TLS; use the scheme nbds";
            case Nbd.REP_ERR_POLICY -> "its configuration does not allow it";
            case Nbd.REP_ERR_PLATFORM -> "its platform cannot";
            case Nbd.REP_ERR_TOO_BIG -> "the request is too big for it";
            case Nbd.REP_ERR_EXT_HEADER_REQD -> "it requires extended headers, yet declined them";
            case Nbd.REP_ERR_BLOCK_SIZE_REQD -> "it requires block sizes to be asked for, which they were";
            default -> "error 2^31 + " + (type & Integer.MAX_VALUE);
        };
    }

    private void info(ByteBuf data) throws DeviceException {
        if (data.readableBytes() < Short.BYTES) {
            throw notNbd("informs of the export in too few bytes");
        }
        int kind = data.readUnsignedShort();
        if (kind == Nbd.INFO_EXPORT) {
            requireLength(data, Long.BYTES + Short.BYTES);
            exportInfo = new ExportInfo(data.readLong(), data.readUnsignedShort());
        } else if (kind == Nbd.INFO_BLOCK_SIZE) {
            requireLength(data, 3 * Integer.BYTES);
            blockSizes = new BlockSizes(data.readUnsignedInt(), data.readUnsignedInt(), data.readUnsignedInt());
        }
    }

    private void list(ChannelHandlerContext context, int type, ByteBuf data) throws DeviceException {
        if (type == Nbd.REP_SERVER && namesOffered.size() < MAXIMUM_NAMES_TOLD) {
            long length = data.readableBytes() < Integer.BYTES ? Long.MAX_VALUE : data.readUnsignedInt();
            if (length > data.readableBytes()) {
                throw notNbd("lists an export in too few bytes");
            }
            namesOffered.add("'" + text(data.readSlice((int) length)) + "'");
            return;
        }
        String more = type == Nbd.REP_SERVER ? " and more" : "";
        String offer = namesOffered.isEmpty()
                ? "correct the name in the URI"
                : "it offers " + namesOffered.stream().collect(Collectors.joining(", ")) + more;
        throw refusal(
                context, Reason.UNREACHABLE, server + " does not have " + uri.exportForPeople() + "; " + offer + ".");
    }

    private void finish() throws DeviceException {
        ExportInfo info = exportInfo;
        if (info == null) {
            throw notNbd("grants the export without telling its size");
        }
        String who = server + ", asked for " + uri.exportForPeople() + ",";
        result = NbdClientExport.of(who, info.sizeBytes, info.flags, blockSizes, style, allocationContext);
        step = Step.DONE;
    }

    private void ask(ChannelHandlerContext context, Step next, byte... data) {
        step = next;
        repliesToOption = 0;
        context.writeAndFlush(option(context, next.option, data));
    }

    private static ByteBuf option(ChannelHandlerContext context, int option, byte... data) {
        return context.alloc()
                .buffer(Nbd.OPTION_LENGTH + data.length)
                .writeLong(Nbd.OPTION_MAGIC)
                .writeInt(option)
                .writeInt(data.length)
                .writeBytes(data);
    }

    private byte[] metaContextQuery(ChannelHandlerContext context) {
        byte[] query = Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8);
        ByteBuf data = context.alloc().buffer();
        data.writeInt(exportName.length).writeBytes(exportName).writeInt(1);
        data.writeInt(query.length).writeBytes(query);
        return bytes(data);
    }

    private byte[] goQuery(ChannelHandlerContext context) {
        ByteBuf data = context.alloc().buffer();
        data.writeInt(exportName.length).writeBytes(exportName);
        data.writeShort(1).writeShort(Nbd.INFO_BLOCK_SIZE);
        return bytes(data);
    }

    private static byte[] bytes(ByteBuf data) {
        byte[] bytes = new byte[data.readableBytes()];
        data.readBytes(bytes).release();
        return bytes;
    }

    private void requireFinal(int type) throws DeviceException {
        if (type != Nbd.REP_ACK && type >= 0) {
            throw notNbd("answers option " + step.option + " with reply type " + type);
        }
    }

    private void requireLength(ByteBuf data, int length) throws DeviceException {
        if (data.readableBytes() != length) {
            throw notNbd("informs of the export in " + data.readableBytes() + " bytes instead of " + length);
        }
    }

    /** What the server wrote for people, on one line and not too long. */
    static String text(ByteBuf data) {
        String text = data.toString(StandardCharsets.UTF_8)
                .replaceAll("\\p{Cntrl}+", " ")
                .strip();
        return text.length() <= MAXIMUM_TEXT_TOLD ? text : text.substring(0, MAXIMUM_TEXT_TOLD) + "…";
    }

    /** Parts from the server in good order. */
    private static DeviceException refusal(ChannelHandlerContext context, Reason reason, String message) {
        context.writeAndFlush(option(context, Nbd.OPT_ABORT));
        return failure(reason, message);
    }

    private DeviceException notNbd(String clause) {
        return failure(Reason.UNSUITABLE, server + " does not speak NBD as we know it: it " + clause + ".");
    }

    private static DeviceException failure(Reason reason, String message) {
        return new DeviceException(reason, message);
    }
}
