package io.ropewalk.api;

import io.ropewalk.tls.TlsContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * HTTP that is a little stricter than Tomcat's. TLS is 1.2 or later, as at the other doors. And a handshake or a header
 * has its time to arrive and no more, however steadily it drips: Tomcat's own time-outs are for silence. Looked at when
 * more of it comes, so no clock runs; whoever is too slow finds the connection closed. Public and with a plain
 * constructor, because Tomcat makes it from its class name.
 */
public class PromptHttp extends Http11NioProtocol {
    private final Endpoint endpoint;

    /** As Tomcat does. */
    public PromptHttp() {
        this(new Endpoint());
    }

    private PromptHttp(Endpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
        endpoint.setHandler(new Impatient(getHandler(), endpoint));
    }

    /** To be called before it starts. */
    public void setTime(RequestTime newTime) {
        endpoint.time = newTime;
    }

    @Override
    public void addSslHostConfig(SSLHostConfig config) {
        super.addSslHostConfig(goodEnough(config));
    }

    @Override
    public void addSslHostConfig(SSLHostConfig config, boolean replace) {
        super.addSslHostConfig(goodEnough(config), replace);
    }

    /** What Tomcat takes for all of TLS depends on the Java that it runs on. */
    private static SSLHostConfig goodEnough(SSLHostConfig config) {
        List<String> protocols = TlsContext.PROTOCOLS.stream()
                .filter(config.getProtocols()::contains)
                .toList();
        if (protocols.isEmpty()) {
            throw new IllegalArgumentException(
                    "TLS is spoken as " + TlsContext.PROTOCOLS + ", not as " + config.getProtocols());
        }
        config.setProtocols(String.join("+", protocols));
        return config;
    }

    /** Where connections are told apart. */
    private static final class Endpoint extends NioEndpoint {
        /** Connections on which a part of a handshake or header has come, and since when. */
        private final Map<SocketWrapperBase<NioChannel>, Long> begun = new ConcurrentHashMap<>();

        private volatile RequestTime time = new RequestTime(Duration.ofSeconds(30));

        /** False closes the connection. */
        @Override
        public boolean processSocket(SocketWrapperBase<NioChannel> socket, SocketEvent event, boolean dispatch) {
            if (event == SocketEvent.OPEN_READ) {
                Long since = begun.get(socket);
                if (since != null && time.isOver(since)) {
                    return false;
                }
                if (!socket.getSocket().isHandshakeComplete()) {
                    begun.putIfAbsent(socket, System.nanoTime());
                }
            }
            return super.processSocket(socket, event, dispatch);
        }
    }

    /** Hears what came of what was read. */
    private record Impatient(Handler<NioChannel> handler, Endpoint endpoint) implements Handler<NioChannel> {
        @Override
        public SocketState process(SocketWrapperBase<NioChannel> socket, SocketEvent event) {
            Long since = endpoint.begun.remove(socket);
            long now = System.nanoTime();
            SocketState state = handler.process(socket, event);
            if (event == SocketEvent.OPEN_READ && state == SocketState.LONG) {
                endpoint.begun.put(socket, since == null ? now : since);
            }
            return state;
        }

        @Override
        public Object getGlobal() {
            return handler.getGlobal();
        }

        @Override
        public void release(SocketWrapperBase<NioChannel> socket) {
            endpoint.begun.remove(socket);
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
