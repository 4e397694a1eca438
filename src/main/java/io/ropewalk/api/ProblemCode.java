package io.ropewalk.api;

import io.ropewalk.inventory.Problem;
import java.util.Locale;
import org.springframework.http.HttpStatus;

/**
 * Every problem that a client can be told of: its code, which is part of the contract, its status and its title. Those
 * of {@link Problem} are here under the same names; the rest is what HTTP and JSON can go wrong by.
 */
enum ProblemCode {
    GEOM_NOT_FOUND(HttpStatus.NOT_FOUND, "There is no such geom"),
    GEOM_EXISTS(HttpStatus.CONFLICT, "A geom of that name is running"),
    GEOM_IN_USE(HttpStatus.CONFLICT, "Sessions are open on the geom"),
    LAST_PATH(HttpStatus.CONFLICT, "It is the geom's last path"),
    PATH_NOT_FOUND(HttpStatus.NOT_FOUND, "The geom has no such path"),
    PATH_EXISTS(HttpStatus.CONFLICT, "The device is a path of the geom already"),
    PATH_NOT_USABLE(HttpStatus.CONFLICT, "The path cannot serve requests"),
    PATH_UNFLUSHED(HttpStatus.UNPROCESSABLE_CONTENT, "The path is out of use, and was not flushed"),
    PATH_IN_USE(HttpStatus.CONFLICT, "The path is in use again"),
    TOO_MANY_PATHS(HttpStatus.CONFLICT, "The geom has as many paths as a geom can have"),
    DEVICE_NOT_FOUND(HttpStatus.NOT_FOUND, "There is no such device"),
    DEVICE_EXISTS(HttpStatus.CONFLICT, "A device of that name or URI is registered"),
    DEVICE_IN_USE(HttpStatus.CONFLICT, "The device is in use"),
    DEVICE_UNREACHABLE(HttpStatus.UNPROCESSABLE_CONTENT, "Nothing answers behind the device's URI"),
    UNSUITABLE_DEVICE(HttpStatus.UNPROCESSABLE_CONTENT, "What is behind the URI cannot be a path"),
    SIZE_MISMATCH(HttpStatus.UNPROCESSABLE_CONTENT, "The devices differ in size"),
    SECTOR_SIZE_MISMATCH(HttpStatus.UNPROCESSABLE_CONTENT, "The devices differ in sector size"),
    LABEL_MISMATCH(HttpStatus.CONFLICT, "A device does not show the label"),
    FOREIGN_DATA(HttpStatus.CONFLICT, "The end of the disk holds something else"),
    NO_LABEL(HttpStatus.NOT_FOUND, "The device has no label"),
    READ_ONLY(HttpStatus.CONFLICT, "The device can only be read"),
    LABEL_NOT_WRITTEN(HttpStatus.UNPROCESSABLE_CONTENT, "No device took the label"),
    CAPABILITY_MISMATCH(HttpStatus.UNPROCESSABLE_CONTENT, "The device can do less than the geom has promised"),
    INVALID_NAME(HttpStatus.BAD_REQUEST, "The name breaks the rule for names"),
    INVALID_URI(HttpStatus.BAD_REQUEST, "The URI names no device that can be opened here"),
    INVALID_VALUE(HttpStatus.BAD_REQUEST, "A value is out of its range"),
    NO_USABLE_PATH(HttpStatus.CONFLICT, "The geom has no usable path"),
    EXPORT_NOT_FOUND(HttpStatus.NOT_FOUND, "There is no such export"),
    EXPORT_EXISTS(HttpStatus.CONFLICT, "An export of that name serves another geom"),
    EXPORT_IN_USE(HttpStatus.CONFLICT, "Sessions are open on the export"),
    SESSION_NOT_FOUND(HttpStatus.NOT_FOUND, "The export has no such session"),
    STALE_ETAG(HttpStatus.PRECONDITION_FAILED, "It has been changed meanwhile"),
    NOT_ALLOWED(HttpStatus.FORBIDDEN, "The system does not let the service do this"),
    STORE_FAILED(HttpStatus.SERVICE_UNAVAILABLE, "The change could not be written down"),
    BUSY(HttpStatus.SERVICE_UNAVAILABLE, "Other work takes too long"),
    STOPPING(HttpStatus.SERVICE_UNAVAILABLE, "It is stopping"),

    /** The body is no JSON at all, or breaks off. */
    MALFORMED_JSON(HttpStatus.BAD_REQUEST, "The body is not JSON"),
    /** The body is JSON, but not of the shape that is asked for; see the violations. */
    INVALID_BODY(HttpStatus.BAD_REQUEST, "The body is not what is asked for"),
    /** What would be replaced as a whole is changed only by who has seen it. */
    PRECONDITION_REQUIRED(HttpStatus.PRECONDITION_REQUIRED, "The change needs If-Match"),
    /** A query parameter or header has a value that cannot be, or there is no such parameter; see the violations. */
    INVALID_PARAMETER(HttpStatus.BAD_REQUEST, "A parameter is not what is asked for"),
    /** HTTP itself was broken: a header or path that no server takes. */
    BAD_REQUEST(HttpStatus.BAD_REQUEST, "The request cannot be read"),
    /** The service asks for a token, and none that it knows was sent. */
    UNAUTHENTICATED(HttpStatus.UNAUTHORIZED, "The service does not know who asks"),
    /** The caller is known, and may not do this. */
    FORBIDDEN(HttpStatus.FORBIDDEN, "The caller's role does not allow this"),
    /** A web page of another origin asks for a change. */
    CROSS_ORIGIN(HttpStatus.FORBIDDEN, "The request comes from a page of another origin"),
    /** No resource has this path. */
    NOT_FOUND(HttpStatus.NOT_FOUND, "There is nothing under this path"),
    METHOD_NOT_ALLOWED(HttpStatus.METHOD_NOT_ALLOWED, "The resource does not know this method"),
    NOT_ACCEPTABLE(HttpStatus.NOT_ACCEPTABLE, "The resource has no form of the media type asked for"),
    /** The events asked for are no longer known. */
    EVENTS_COMPACTED(HttpStatus.GONE, "The events asked for are no longer known"),
    /** The operation ended long ago, or in another life of the service. */
    OPERATION_NOT_FOUND(HttpStatus.NOT_FOUND, "There is no such operation"),
    /** The first request with the key has no answer yet, or never got one. */
    IDEMPOTENCY_KEY_IN_USE(HttpStatus.CONFLICT, "The first request with the key has no answer"),
    /** The key came with another request before. */
    IDEMPOTENCY_KEY_REUSED(HttpStatus.UNPROCESSABLE_CONTENT, "The key was sent with another request"),
    BODY_TOO_LARGE(HttpStatus.CONTENT_TOO_LARGE, "The body is too large"),
    /** A client sends its request drop by drop. */
    REQUEST_TIMEOUT(HttpStatus.REQUEST_TIMEOUT, "The request takes too long to arrive"),
    UNSUPPORTED_MEDIA_TYPE(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "The body is of another media type than asked for"),
    /** An address asks more often than it may; Retry-After says for how long. */
    TOO_MANY_REQUESTS(HttpStatus.TOO_MANY_REQUESTS, "Too many requests"),
    /** Our own fault; the log knows more. */
    INTERNAL_ERROR(HttpStatus.INTERNAL_SERVER_ERROR, "The service failed");

    private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');
    private final HttpStatus status;
    private final String title;

    ProblemCode(HttpStatus status, String title) {
        this.status = status;
        this.title = title;
    }

    static ProblemCode of(Problem problem) {
        return valueOf(problem.name());
    }

    String code() {
        return code;
    }

    /** Where every service tells more of the code; the same word for word everywhere, as it is relative. */
    String type() {
        return ProblemPages.PATH + "/" + code;
    }

    HttpStatus status() {
        return status;
    }

    String title() {
        return title;
    }
}
