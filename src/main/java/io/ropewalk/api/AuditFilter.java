package io.ropewalk.api;

import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.AuditStore;
import io.ropewalk.inventory.Caller;
import io.ropewalk.inventory.StoreException;
import io.ropewalk.inventory.Terms;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Adds to the audit what a request for a change came to, where that has not been written with the change itself: it was
 * refused, by us or by those who ask who it is, or it changed nothing that is stored. Before everything that may refuse.
 *
 * <p>Who is refused over and over fills neither the disk nor the audit: {@value #REFUSALS_AT_ONCE} refusals at once and
 * {@value #REFUSALS_PER_SECOND} a second are written, of the rest the number is logged.
 */
@Component
@Order(AuditFilter.ORDER)
class AuditFilter extends OncePerRequestFilter {
    /** Just outside of Spring Security's filters, which stand at -100. */
    static final int ORDER = -101;

    /** Request attributes: the {@link Caller}, the name of who asks, the {@link ProblemJson} that was answered. */
    static final String CALLER = AuditFilter.class.getName() + ".caller";

    static final String ACTOR = AuditFilter.class.getName() + ".actor";

    /** Request attribute: the {@link Terms} that were read, if it came to that. */
    static final String TERMS = AuditFilter.class.getName() + ".terms";

    static final String PROBLEM = AuditFilter.class.getName() + ".problem";

    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
    private static final int REFUSALS_PER_SECOND = 10;
    private static final int REFUSALS_AT_ONCE = 200;
    private static final int ACCEPTED = 202;
    private static final String NOBODY = "unknown";

    private final AuditStore audit;
    private final Clock clock;
    private final TokenBucket refusals;
    private long leftOut;

    AuditFilter(AuditStore audit, Clock clock) {
        this.audit = audit;
        this.clock = clock;
        this.refusals = new TokenBucket(REFUSALS_PER_SECOND, REFUSALS_AT_ONCE, System.nanoTime());
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return SAFE.contains(request.getMethod()) || !request.getRequestURI().startsWith(Api.BASE + "/");
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            chain.doFilter(request, response);
        } finally {
            boolean tries = isDryRun(request) && !isTurnedAway(response);
            if (!tries && !isWritten(request) && response.getHeader(IdempotencyFilter.REPLAYED) == null) {
                write(request, response);
            }
        }
    }

    /** By what was read of it; else by the query, whose parameters may be what cannot be read. */
    private static boolean isDryRun(HttpServletRequest request) {
        return request.getAttribute(TERMS) instanceof Terms terms
                ? terms.dryRun()
                : Objects.requireNonNullElse(request.getQueryString(), "").contains(TermsResolver.DRY_RUN + "=true");
    }

    /** Who may not come in is noted, whatever it is they wanted. */
    private static boolean isTurnedAway(HttpServletResponse response) {
        return response.getStatus() == HttpServletResponse.SC_UNAUTHORIZED
                || response.getStatus() == HttpServletResponse.SC_FORBIDDEN;
    }

    private static boolean isWritten(HttpServletRequest request) {
        return request.getAttribute(CALLER) instanceof Caller caller && caller.isAudited();
    }

    private void write(HttpServletRequest request, HttpServletResponse response) {
        int status = response.getStatus();
        if (status >= 400 && !mayWriteRefusal()) {
            return;
        }
        try {
            audit.add(entry(request, status));
        } catch (StoreException e) {
            LOG.error("The audit misses {} {}: {}", request.getMethod(), resource(request), e.getMessage());
        }
    }

    private AuditEntry entry(HttpServletRequest request, int status) {
        @Nullable Caller caller = request.getAttribute(CALLER) instanceof Caller known ? known : null;
        return new AuditEntry(
                0,
                clock.instant(),
                Objects.toString(request.getAttribute(ACTOR), NOBODY),
                request.getRemoteAddr(),
                caller == null ? request.getMethod() : caller.verb(),
                resource(request),
                null,
                null,
                request.getHeader(IdempotencyFilter.KEY),
                outcome(request, status));
    }

    private static String outcome(HttpServletRequest request, int status) {
        if (request.getAttribute(PROBLEM) instanceof ProblemJson problem) {
            return problem.code();
        }
        if (status == ACCEPTED) {
            return "accepted";
        }
        return status < 400 ? AuditEntry.DONE : "http-" + status;
    }

    private static String resource(HttpServletRequest request) {
        ProblemJson problem = request.getAttribute(PROBLEM) instanceof ProblemJson known ? known : null;
        return resource(problem, request.getRequestURI());
    }

    /** What the problem was about, else what the path names. */
    static String resource(@Nullable ProblemJson problem, String target) {
        if (problem != null && problem.resource() != null) {
            return problem.resource();
        }
        String path = target.substring(Api.BASE.length() + 1);
        String[] parts = path.replaceAll(":[^/:]*$", "").split("/");
        return switch (parts.length) {
            case 2 -> parts[0].replaceAll("s$", "") + " " + parts[1];
            case 4 -> (parts[2].equals("paths") ? "path " : "session ") + parts[1] + "/" + parts[3];
            default -> path;
        };
    }

    private boolean mayWriteRefusal() {
        synchronized (refusals) {
            if (refusals.take(System.nanoTime()) > 0) {
                leftOut++;
                return false;
            }
            if (leftOut > 0) {
                LOG.warn("{} refused changes were left out of the audit, so many came", leftOut);
                leftOut = 0;
            }
            return true;
        }
    }
}
