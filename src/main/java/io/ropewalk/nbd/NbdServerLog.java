package io.ropewalk.nbd;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The server's lines in {@code io.ropewalk.nbd.control}. Clients cause them, so they are limited: {@value #BURST} at
 * once, one a second in the long run; what was left out is counted in the next line. Any thread.
 */
final class NbdServerLog {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.nbd.control");
    private static final int BURST = 50;

    private long tokens = BURST;
    private long lastNanos = System.nanoTime();
    private long leftOut;

    void info(String line) {
        log(Level.INFO, line);
    }

    void warn(String line) {
        log(Level.WARN, line);
    }

    /** One line for a failure of ours; its stack trace only where somebody debugs. */
    void failure(String line, Throwable cause) {
        log(Level.WARN, line + ": " + cause);
        LOG.debug("{}", line, cause);
    }

    private void log(Level level, String line) {
        long suppressed = admit();
        if (suppressed >= 0) {
            String text = suppressed == 0 ? line : line + " (" + suppressed + " more lines were left out)";
            LOG.atLevel(level).log(text);
        }
    }

    /** How many lines were left out before this one; negative when this one is left out too. */
    private synchronized long admit() {
        long now = System.nanoTime();
        long seconds = TimeUnit.NANOSECONDS.toSeconds(now - lastNanos);
        lastNanos += TimeUnit.SECONDS.toNanos(seconds);
        tokens = Math.min(BURST, tokens + seconds);
        if (tokens == 0) {
            leftOut++;
            return -1;
        }
        tokens--;
        long suppressed = leftOut;
        leftOut = 0;
        return suppressed;
    }
}
