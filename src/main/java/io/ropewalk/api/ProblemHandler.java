package io.ropewalk.api;

import io.ropewalk.inventory.InventoryException;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.context.MessageSourceResolvable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;
import org.springframework.validation.method.ParameterErrors;
import org.springframework.validation.method.ParameterValidationResult;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import tools.jackson.core.JacksonException;

/** Turns whatever goes wrong in a request into a problem. No message of a library reaches a client. */
@RestControllerAdvice
class ProblemHandler extends ResponseEntityExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemHandler.class);
    static final String RETRY_SECONDS = "1";

    @ExceptionHandler
    ResponseEntity<ProblemJson> refusedByInventory(InventoryException refusal, HttpServletRequest request) {
        if (ProblemCode.of(refusal.problem()).status().is5xxServerError()) {
            LOG.warn("{} {}: {}", request.getMethod(), request.getRequestURI(), refusal.detail(), refusal.getCause());
        }
        if (refusal.isUndecided()) {
            request.setAttribute(IdempotencyFilter.UNDECIDED, true);
        }
        return answer(problem(refusal, request.getRequestURI()), new HttpHeaders());
    }

    @ExceptionHandler
    ResponseEntity<ProblemJson> refusedHere(ApiException refusal, HttpServletRequest request) {
        return answer(problem(refusal, request.getRequestURI()), new HttpHeaders());
    }

    /** It is no problem: the answer is that it goes on. */
    @ExceptionHandler
    ResponseEntity<OperationJson> goesOn(StillRunningException going) {
        return ResponseEntity.accepted()
                .location(
                        URI.create(Api.BASE + "/operations/" + going.operation().id()))
                .header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS)
                .body(going.operation());
    }

    /** Tomcat reads parameters when they are asked for first; that is by us. */
    @ExceptionHandler
    ResponseEntity<ProblemJson> unreadableQuery(InvalidParameterException refusal, HttpServletRequest request) {
        return refusedHere(
                new ApiException(
                        ProblemCode.INVALID_PARAMETER,
                        "The query cannot be read.",
                        "Escape what stands after the question mark as URLs have it."),
                request);
    }

    @ExceptionHandler
    ResponseEntity<ProblemJson> ourFault(Exception fault, HttpServletRequest request) {
        LOG.error("{} {} failed", request.getMethod(), request.getRequestURI(), fault);
        return answer(problem(fault, request.getRequestURI()), new HttpHeaders());
    }

    /** What a client is told of a failure. */
    static ProblemJson problem(Throwable failure, String instance) {
        return switch (failure) {
            case InventoryException refusal ->
                ProblemJson.of(ProblemCode.of(refusal.problem()), refusal.detail(), refusal.correction(), instance)
                        .about(refusal.resource());
            case ApiException refusal -> refusal.toProblem(instance);
            default ->
                ProblemJson.of(
                        ProblemCode.INTERNAL_ERROR,
                        "The service failed to do this; its log says more.",
                        "Try again; report it with the log if it stays.",
                        instance);
        };
    }

    static ResponseEntity<ProblemJson> answer(ProblemJson problem, HttpHeaders headers) {
        if (isForNow(problem)) {
            headers.set(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
        }
        return ResponseEntity.status(problem.status())
                .headers(headers)
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(problem);
    }

    /** Whether the same request may be answered otherwise in a moment. */
    static boolean isForNow(ProblemJson problem) {
        return problem.status() == HttpStatus.SERVICE_UNAVAILABLE.value()
                || problem.status() == HttpStatus.TOO_MANY_REQUESTS.value();
    }

    // ---- what Spring MVC refuses

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return refuse(bodyRefusal(e), headers, request);
    }

    private static ApiException bodyRefusal(HttpMessageNotReadableException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof BodyRefusedException refused) {
                return refused.refusal();
            }
            if (cause instanceof JacksonException json && !(cause.getCause() instanceof BodyRefusedException)) {
                return BodyViolations.describe(json);
            }
        }
        return new ApiException(
                ProblemCode.INVALID_BODY,
                "The body is missing or breaks off.",
                "Send one JSON object; the shapes are described under /swagger-ui.html.");
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return refuse(
                invalidBody(
                        e.getAllErrors().stream().map(ProblemHandler::violation).toList()),
                headers,
                request);
    }

    static ApiException invalidBody(List<Violation> violations) {
        return new ApiException(
                ProblemCode.INVALID_BODY,
                sentence(violations),
                "Correct the body; the shapes are described under /swagger-ui.html.",
                violations);
    }

    private static Violation violation(ObjectError error) {
        String field = error instanceof FieldError fieldError ? fieldError.getField() : "";
        return new Violation(field, Objects.requireNonNullElse(error.getDefaultMessage(), "is invalid"));
    }

    private static String sentence(List<Violation> violations) {
        return violations.stream()
                        .map(each -> (each.field() + " " + each.message()).strip())
                        .collect(Collectors.joining("; "))
                + ".";
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHandlerMethodValidationException(
            HandlerMethodValidationException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        List<Violation> body = new ArrayList<>();
        List<Violation> parameters = new ArrayList<>();
        for (ParameterValidationResult result : e.getParameterValidationResults()) {
            if (result instanceof ParameterErrors errors) {
                errors.getAllErrors().forEach(error -> body.add(violation(error)));
            } else {
                String name =
                        Objects.requireNonNullElse(result.getMethodParameter().getParameterName(), "parameter");
                result.getResolvableErrors().forEach(error -> parameters.add(violation(name, error)));
            }
        }
        ApiException refusal = parameters.isEmpty()
                ? invalidBody(body)
                : new ApiException(
                        ProblemCode.INVALID_PARAMETER,
                        sentence(parameters),
                        "Correct the parameters, or leave them out.",
                        parameters);
        return refuse(refusal, headers, request);
    }

    private static Violation violation(String parameter, MessageSourceResolvable error) {
        return new Violation(parameter, Objects.requireNonNullElse(error.getDefaultMessage(), "is invalid"));
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String name =
                e instanceof MethodArgumentTypeMismatchException mismatch ? mismatch.getName() : e.getPropertyName();
        return refuse(
                ApiException.parameter(String.valueOf(name), "cannot be '" + e.getValue() + "'" + allowed(e)),
                headers,
                request);
    }

    private static String allowed(TypeMismatchException e) {
        Class<?> type = e instanceof MethodArgumentTypeMismatchException mismatch
                ? elementType(mismatch.getParameter())
                : e.getRequiredType();
        return type == null || !type.isEnum() ? "" : ", but one of " + EnumWords.of(type);
    }

    /** What one value of the parameter is, be it one or a collection. */
    private static @Nullable Class<?> elementType(MethodParameter parameter) {
        ResolvableType type = ResolvableType.forMethodParameter(parameter);
        return type.hasGenerics() ? type.getGeneric(0).resolve() : type.resolve();
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpRequestMethodNotSupported(
            HttpRequestMethodNotSupportedException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String allowed = e.getSupportedHttpMethods() == null
                ? ""
                : e.getSupportedHttpMethods().stream()
                        .map(HttpMethod::name)
                        .sorted()
                        .collect(Collectors.joining(", "));
        return refuse(
                new ApiException(
                        ProblemCode.METHOD_NOT_ALLOWED,
                        path(request) + " does not know " + e.getMethod() + ".",
                        "Use one of " + allowed + "."),
                headers,
                request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMediaTypeNotSupported(
            HttpMediaTypeNotSupportedException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String sent = e.getContentType() == null
                ? "of no media type"
                : "of " + e.getContentType().getType() + "/"
                        + e.getContentType().getSubtype();
        return refuse(
                new ApiException(
                        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                        "The body is " + sent + ".",
                        "Send it with the header Content-Type: "
                                + (e.getSupportedMediaTypes().contains(GeomsController.MERGE_PATCH)
                                        ? GeomsController.MERGE_PATCH_JSON
                                        : MediaType.APPLICATION_JSON_VALUE)
                                + "."),
                headers,
                request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMediaTypeNotAcceptable(
            HttpMediaTypeNotAcceptableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return refuse(
                new ApiException(
                        ProblemCode.NOT_ACCEPTABLE,
                        path(request) + " comes as JSON only.",
                        "Ask with the header Accept: application/json, or without it."),
                headers,
                request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleNoResourceFoundException(
            NoResourceFoundException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return refuse(
                new ApiException(
                        ProblemCode.NOT_FOUND,
                        "There is no " + e.getHttpMethod() + " " + path(request) + ".",
                        "See /swagger-ui.html for all there is; a colon in a path comes before a verb only."),
                headers,
                request);
    }

    /** All the rest that Spring MVC refuses by itself. */
    @Override
    protected @Nullable ResponseEntity<Object> handleExceptionInternal(
            Exception e, @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (status.is5xxServerError()) {
            LOG.error("{} failed", path(request), e);
        }
        return refuse(plain(status.value()), headers, request);
    }

    /** A refusal of which nothing but the status is known. */
    static ApiException plain(int status) {
        return switch (status) {
            case 403 -> new ApiException(ProblemCode.NOT_ALLOWED, "This is not allowed.", "Ask who runs the service.");
            case 404 ->
                new ApiException(
                        ProblemCode.NOT_FOUND,
                        "There is nothing under this path.",
                        "See /swagger-ui.html for all there is.");
            case 405 ->
                new ApiException(
                        ProblemCode.METHOD_NOT_ALLOWED,
                        "The method is not allowed.",
                        "See /swagger-ui.html for the methods there are.");
            case 408 ->
                new ApiException(
                        ProblemCode.REQUEST_TIMEOUT, "The request has not arrived in time.", "Send it in one go.");
            case 413 -> BodyRefusedException.tooLarge().refusal();
            case 503 -> new ApiException(ProblemCode.BUSY, "The service cannot do this now.", "Try again in a moment.");
            default ->
                // 501 and 505 are a transfer coding and an HTTP version of the client's that nobody knows.
                status == 500 || status == 502 || status == 504
                        ? new ApiException(
                                ProblemCode.INTERNAL_ERROR,
                                "The service failed to do this; its log says more.",
                                "Try again; report it with the log if it stays.")
                        : new ApiException(
                                ProblemCode.BAD_REQUEST,
                                "The request cannot be read.",
                                "Send a request as HTTP and /swagger-ui.html describe it.");
        };
    }

    private static ResponseEntity<Object> refuse(ApiException refusal, HttpHeaders headers, WebRequest request) {
        ResponseEntity<ProblemJson> answer = answer(refusal.toProblem(path(request)), headers);
        return new ResponseEntity<>(answer.getBody(), answer.getHeaders(), answer.getStatusCode());
    }

    private static String path(WebRequest request) {
        return ((ServletWebRequest) request).getRequest().getRequestURI();
    }
}
