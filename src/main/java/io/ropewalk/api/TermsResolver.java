package io.ropewalk.api;

import io.ropewalk.inventory.Caller;
import io.ropewalk.inventory.Terms;
import io.swagger.v3.oas.annotations.Operation;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpHeaders;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;

/** Reads the terms of a change: who asks, {@code If-Match}, {@code dryRun}. */
final class TermsResolver implements HandlerMethodArgumentResolver {
    static final String DRY_RUN = "dryRun";

    private static final Pattern STRONG_TAG = Pattern.compile("\"(\\d{1,18})\"");

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return parameter.getParameterType() == Terms.class;
    }

    @Override
    public Terms resolveArgument(
            MethodParameter parameter,
            @Nullable ModelAndViewContainer container,
            NativeWebRequest request,
            @Nullable WebDataBinderFactory binderFactory) {
        Principal principal = request.getUserPrincipal();
        String actor = principal == null ? Terms.NONE.actor() : principal.getName();
        Caller caller = caller(parameter, request, actor);
        Terms terms = new Terms(
                actor,
                generation(parameter, request.getHeader(HttpHeaders.IF_MATCH)),
                dryRun(request.getParameterValues(DRY_RUN)),
                caller);
        request.setAttribute(AuditFilter.TERMS, terms, RequestAttributes.SCOPE_REQUEST);
        return terms;
    }

    /** Left with the request, too: the audit of what is refused wants to know it. */
    private static Caller caller(MethodParameter parameter, NativeWebRequest request, String actor) {
        HttpServletRequest servlet = Objects.requireNonNull(request.getNativeRequest(HttpServletRequest.class));
        Operation operation = parameter.getMethodAnnotation(Operation.class);
        Caller caller = new Caller(
                servlet.getRemoteAddr(),
                operation == null ? servlet.getMethod() : operation.operationId(),
                servlet.getHeader(IdempotencyFilter.KEY));
        servlet.setAttribute(AuditFilter.ACTOR, actor);
        servlet.setAttribute(AuditFilter.CALLER, caller);
        return caller;
    }

    /** Once, if at all: of several the audit and we might heed different ones. */
    private static boolean dryRun(String @Nullable [] values) {
        if (values == null) {
            return false;
        }
        if (values.length == 1 && (values[0].equals("true") || values[0].equals("false"))) {
            return values[0].equals("true");
        }
        throw ApiException.parameter(DRY_RUN, "must be true or false, and said once");
    }

    /** Whether what the operation changes has an ETag. */
    static boolean heedsIfMatch(@Nullable Refusals refusals) {
        return refusals != null && List.of(refusals.value()).contains(ProblemCode.STALE_ETAG);
    }

    /** Null when any generation will do. */
    private static @Nullable Long generation(MethodParameter parameter, @Nullable String ifMatch) {
        if (ifMatch == null || ifMatch.strip().equals("*")) {
            return null;
        }
        if (!heedsIfMatch(parameter.getMethodAnnotation(Refusals.class))) {
            throw new ApiException(
                    ProblemCode.INVALID_PARAMETER,
                    "What is asked for here has no ETag, so none can match.",
                    "Leave If-Match out; geoms, their paths and exports have ETags.",
                    new Violation(HttpHeaders.IF_MATCH, "must be left out, or *"));
        }
        Matcher tag = STRONG_TAG.matcher(ifMatch.strip());
        if (!tag.matches()) {
            throw new ApiException(
                    ProblemCode.INVALID_PARAMETER,
                    "If-Match must be one ETag as this service gives them, or *.",
                    "Send the ETag header of an earlier answer as it was, quotes included.",
                    new Violation(HttpHeaders.IF_MATCH, "must be one strong ETag, as \"7\""));
        }
        return Long.parseLong(tag.group(1));
    }
}
