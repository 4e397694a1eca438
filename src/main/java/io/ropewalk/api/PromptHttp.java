package io.ropewalk.api;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * HTTP on connections where a header has its time to arrive and no more, however steadily it drips: Tomcat's own
 * time-outs are for silence. Looked at when more of it comes, so no clock runs; whoever is too slow finds the connection
 * closed. Public and with a plain constructor, because Tomcat makes it from its class name.
 */
public class PromptHttp extends Http11NioProtocol {
    private volatile RequestTime time = new RequestTime(Duration.ofSeconds(30));

    public PromptHttp() {
        getEndpoint().setHandler(new Impatient(getHandler()));
    }

    /** To be called before it starts. */
    public void setTime(RequestTime newTime) {
        time = newTime;
    }

    private final class Impatient implements Handler<NioChannel> {
        private final Handler<NioChannel> handler;

        /** Connections that have sent a part of a header, and since when. */
        private final Map<SocketWrapperBase<NioChannel>, Long> begun = new ConcurrentHashMap<>();

        Impatient(Handler<NioChannel> handler) {
            this.handler = handler;
        }

        @Override
        public SocketState process(SocketWrapperBase<NioChannel> socket, SocketEvent event) {
            Long since = begun.remove(socket);
            boolean more = event == SocketEvent.OPEN_READ;
            if (more && since != null && time.isOver(since)) {
                return SocketState.CLOSED;
            }
            long now = System.nanoTime();
            SocketState state = handler.process(socket, event);
            if (more && state == SocketState.LONG) {
                begun.put(socket, since == null ? now : since);
            }
            return state;
        }

        @Override
        public Object getGlobal() {
            return handler.getGlobal();
        }

        @Override
        public void release(SocketWrapperBase<NioChannel> socket) {
            begun.remove(socket);
            handler.release(socket);
        }

        @Override
        public void pause() {
            handler.pause();
        }

        @Override
        public void recycle() {
            handler.recycle();
        }
    }
}
