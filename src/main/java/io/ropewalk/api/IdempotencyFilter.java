package io.ropewalk.api;

import io.ropewalk.inventory.AnswerStore;
import io.ropewalk.inventory.KeptAnswer;
import io.ropewalk.inventory.StoreException;
import io.ropewalk.inventory.Terms;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.ContentCachingResponseWrapper;

/**
 * Carries out a POST with an {@code Idempotency-Key} once, however often it is sent within {@link #KEPT}: who sends it
 * again gets the first answer. The key is the caller's own; the answer is kept in the database, so that it outlives a
 * restart. An answer 503 is not kept where it says that nothing came of the request, and to try again. Any thread.
 */
@Component
@Order(IdempotencyFilter.ORDER)
class IdempotencyFilter extends OncePerRequestFilter {
    static final String KEY = "Idempotency-Key";
    static final String REPLAYED = "Idempotency-Replayed";

    /** Request attribute: set when what was asked for was begun, and nobody knows whether it happens. */
    static final String UNDECIDED = IdempotencyFilter.class.getName() + ".undecided";

    /** How long an answer is kept. */
    static final Duration KEPT = Duration.ofHours(24);

    /** Most keys that are kept; who asks for more waits until old ones are over. */
    static final int MOST = 100_000;

    /** Behind what limits bodies. */
    static final int ORDER = BodyLimitFilter.ORDER + 1;

    private static final Logger LOG = LoggerFactory.getLogger(IdempotencyFilter.class);
    private static final Duration BETWEEN_SWEEPS = Duration.ofMinutes(10);
    private static final Pattern LEGAL = Pattern.compile("[\\x21-\\x7e]{1,255}");

    private final AnswerStore store;
    private final ProblemWriter problems;
    private final Clock clock;
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private Instant nextSweep = Instant.EPOCH;
    private long kept;

    IdempotencyFilter(AnswerStore store, ProblemWriter problems, Clock clock) {
        this.store = store;
        this.problems = problems;
        this.clock = clock;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !"POST".equals(request.getMethod())
                || request.getHeader(KEY) == null
                || !request.getRequestURI().startsWith(Api.BASE + "/");
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            String key = Objects.requireNonNull(request.getHeader(KEY));
            if (!LEGAL.matcher(key).matches()) {
                throw ApiException.parameter(KEY, "must be 1 to 255 visible ASCII characters");
            }
            once(key, read(request), response, chain);
        } catch (ApiException refusal) {
            problems.write(request, response, refusal);
        } catch (BodyRefusedException refused) {
            problems.write(request, response, refused.refusal());
        } catch (StoreException e) {
            LOG.warn("Idempotency-Keys cannot be looked at", e);
            problems.write(
                    request,
                    response,
                    new ApiException(
                            ProblemCode.STORE_FAILED,
                            "Nothing was done, because the " + KEY + " cannot be written down.",
                            "Make the store work again, then try again."));
        }
    }

    private static RepeatableRequest read(HttpServletRequest request) throws IOException {
        try {
            return new RepeatableRequest(request);
        } catch (BodyRefusedException refused) {
            throw refused;
        } catch (IOException broken) {
            throw ProblemHandler.plain(HttpServletResponse.SC_BAD_REQUEST);
        }
    }

    private void once(String key, RepeatableRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException, StoreException {
        String actor = actor(request);
        String id = hash(actor, key);
        String fingerprint = hash(
                request.getMethod(),
                request.getRequestURI(),
                Objects.requireNonNullElse(request.getQueryString(), ""),
                actor,
                new String(request.body(), StandardCharsets.ISO_8859_1));
        if (!running.add(id)) {
            throw inUse("The first request with this " + KEY + " is still under way.", "Wait for its answer.");
        }
        try {
            makeRoom();
            Optional<KeptAnswer> before = store.claim(id, fingerprint, clock.instant());
            if (before.isPresent()) {
                replay(before.get(), fingerprint, response);
            } else {
                carryOut(id, request, response, chain);
            }
        } finally {
            running.remove(id);
        }
    }

    private static String actor(HttpServletRequest request) {
        Principal principal = request.getUserPrincipal();
        return principal == null ? Terms.NONE.actor() : principal.getName();
    }

    private synchronized void makeRoom() throws StoreException {
        Instant now = clock.instant();
        if (!now.isBefore(nextSweep) || kept >= MOST) {
            kept = store.sweep(now.minus(KEPT));
            nextSweep = now.plus(BETWEEN_SWEEPS);
        }
        if (kept >= MOST) {
            throw new ApiException(
                    ProblemCode.BUSY,
                    "More than " + MOST + " requests with an " + KEY + " came within " + KEPT.toHours() + " hours.",
                    "Send the request without one, or later.");
        }
        kept++;
    }

    private static void replay(KeptAnswer before, String fingerprint, HttpServletResponse response) throws IOException {
        if (!before.fingerprint().equals(fingerprint)) {
            throw new ApiException(
                    ProblemCode.IDEMPOTENCY_KEY_REUSED,
                    "This " + KEY + " came with another request before.",
                    "Give every request a key of its own; send one again only as it was, query and body included.",
                    new Violation(KEY, "was sent with another request"));
        }
        KeptAnswer.@Nullable Answer answer = before.answer();
        if (answer == null) {
            throw inUse(
                    "The first request with this " + KEY
                            + " was begun, and it is not known whether it was carried out: it took too long, failed or"
                            + " was cut off.",
                    "Look at the state; if the change is still wanted, ask for it with another key.");
        }
        response.setStatus(answer.status());
        response.setHeader(REPLAYED, "true");
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        setIfPresent(response, HttpHeaders.LOCATION, answer.location());
        setIfPresent(response, HttpHeaders.ETAG, answer.etag());
        setIfPresent(response, HttpHeaders.CONTENT_TYPE, answer.contentType());
        response.getOutputStream().write(answer.body().getBytes(StandardCharsets.UTF_8));
    }

    private static void setIfPresent(HttpServletResponse response, String header, @Nullable String value) {
        if (value != null) {
            response.setHeader(header, value);
        }
    }

    private static ApiException inUse(String detail, String correction) {
        return new ApiException(ProblemCode.IDEMPOTENCY_KEY_IN_USE, detail, correction);
    }

    /**
     * What ends by an exception, as our own fault, or undecided, may have been done: its key stays claimed without an
     * answer.
     */
    private void carryOut(String id, RepeatableRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException, StoreException {
        ContentCachingResponseWrapper answer = new ContentCachingResponseWrapper(response);
        chain.doFilter(request, answer);
        if (answer.getStatus() == ProblemCode.BUSY.status().value()) {
            if (request.getAttribute(UNDECIDED) == null) {
                store.release(id);
            }
        } else if (answer.getStatus() < 500) {
            keep(id, answer);
        }
        answer.copyBodyToResponse();
    }

    /** The change is made; that its answer cannot be kept does not undo it. */
    private void keep(String id, ContentCachingResponseWrapper answer) {
        try {
            store.keep(
                    id,
                    new KeptAnswer.Answer(
                            answer.getStatus(),
                            answer.getContentType(),
                            answer.getHeader(HttpHeaders.LOCATION),
                            answer.getHeader(HttpHeaders.ETAG),
                            new String(answer.getContentAsByteArray(), StandardCharsets.UTF_8)));
        } catch (StoreException e) {
            LOG.warn("The answer to a request with an Idempotency-Key could not be kept", e);
        }
    }

    /** Of texts that none can be mistaken for others. */
    private static String hash(String... texts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String text : texts) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
