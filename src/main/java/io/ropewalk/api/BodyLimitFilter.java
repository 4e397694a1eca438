package io.ropewalk.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/** Lets nobody send more than a body can need: 64 KiB; a geom with 64 paths takes 5. Nor take longer than need be. */
@Component
@Order(BodyLimitFilter.ORDER)
class BodyLimitFilter extends OncePerRequestFilter {
    static final int MOST_BYTES = 64 << 10;

    /** Behind {@link SameOriginFilter} and who knows the caller; before whatever reads. */
    static final int ORDER = SameOriginFilter.ORDER + 1;

    private final ProblemWriter problems;
    private final RequestTime time;

    BodyLimitFilter(ProblemWriter problems, RequestTime time) {
        this.problems = problems;
        this.time = time;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (request.getContentLengthLong() > MOST_BYTES) {
            problems.write(request, response, BodyRefusedException.tooLarge().refusal());
        } else {
            chain.doFilter(new Limited(request, time), response);
        }
    }

    /** For bodies that do not say their length in front, and for those that come in drops. */
    private static final class Limited extends HttpServletRequestWrapper {
        private final RequestTime time;

        Limited(HttpServletRequest request, RequestTime time) {
            super(request);
            this.time = time;
        }

        @Override
        public ServletInputStream getInputStream() throws IOException {
            return new LimitedStream(super.getInputStream(), time);
        }

        @Override
        public BufferedReader getReader() throws IOException {
            return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
        }
    }

    private static final class LimitedStream extends ServletInputStream {
        private final ServletInputStream stream;
        private final RequestTime time;
        private final long begin = System.nanoTime();
        private int left = MOST_BYTES;

        LimitedStream(ServletInputStream stream, RequestTime time) {
            this.stream = stream;
            this.time = time;
        }

        @Override
        public int read() throws IOException {
            int read = stream.read();
            count(read < 0 ? 0 : 1);
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = stream.read(bytes, offset, length);
            count(Math.max(0, read));
            return read;
        }

        private void count(int bytes) throws IOException {
            left -= bytes;
            if (left < 0) {
                throw BodyRefusedException.tooLarge();
            }
            if (bytes > 0 && time.isOver(begin)) {
                throw BodyRefusedException.tooSlow(time.limit());
            }
        }

        @Override
        public boolean isFinished() {
            return stream.isFinished();
        }

        @Override
        public boolean isReady() {
            return stream.isReady();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            stream.setReadListener(listener);
        }
    }
}
