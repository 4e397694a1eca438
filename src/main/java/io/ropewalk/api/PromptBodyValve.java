package io.ropewalk.api;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.jspecify.annotations.Nullable;

/**
 * Takes in what a client goes on to send of a body that nobody read, so that it sees the answer before the connection
 * ends; but not for longer than a request may take, which Tomcat itself would do for as long as a byte comes now and
 * then.
 */
public final class PromptBodyValve extends ValveBase {
    private static final int MOST_UNREAD = 2 * BodyLimitFilter.MOST_BYTES;

    private final RequestTime time;

    public PromptBodyValve(RequestTime time) {
        super(true);
        this.time = time;
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        long begin = System.nanoTime();
        getNext().invoke(request, response);
        org.apache.coyote.Request body = request.getCoyoteRequest();
        if (!request.isAsync() && !body.isFinished()) {
            response.finishResponse();
            if (body.hasExpectation() || !takeIn(body, begin)) {
                body.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
            }
        }
    }

    /** False when it was not over in time, or there was too much of it. */
    private boolean takeIn(org.apache.coyote.Request body, long begin) {
        Waste waste = new Waste();
        try {
            int taken = 0;
            while (!body.isFinished() && taken <= MOST_UNREAD && !time.isOver(begin)) {
                int bytes = body.doRead(waste);
                if (bytes < 0) {
                    return true;
                }
                taken += bytes;
            }
            return body.isFinished();
        } catch (IOException gone) {
            return false;
        }
    }

    /** Tomcat hands its own buffer over; nothing is kept. */
    private static final class Waste implements ApplicationBufferHandler {
        private @Nullable ByteBuffer buffer;

        @Override
        public void setByteBuffer(@Nullable ByteBuffer newBuffer) {
            buffer = newBuffer;
        }

        @Override
        public @Nullable ByteBuffer getByteBuffer() {
            return buffer;
        }

        @Override
        public void expand(int size) {
            // What is thrown away needs no room.
        }
    }
}
