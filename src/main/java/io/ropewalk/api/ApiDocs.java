package io.ropewalk.api;

import io.ropewalk.inventory.Terms;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.headers.Header;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.media.BooleanSchema;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.servers.Server;
import io.swagger.v3.oas.models.tags.Tag;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springdoc.core.customizers.GlobalOpenApiCustomizer;
import org.springdoc.core.customizers.GlobalOperationCustomizer;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.method.HandlerMethod;

/** What the contract says beside what stands at the operations themselves. */
@Component
class ApiDocs implements GlobalOpenApiCustomizer, GlobalOperationCustomizer {
    /** The version of the contract: its first number is the {@code v1} of the paths. */
    private static final String VERSION = "1.0.0";

    private static final String BEARER = "bearer";
    private static final String JWT = "jwt";
    private static final String MTLS = "mtls";

    /** Extension of a response: the codes that its problem can have. */
    static final String CODES = "x-problem-codes";

    private static final String OPERATION_SCHEMA = "#/components/schemas/Operation";

    private static final String PROBLEM_SCHEMA = "#/components/schemas/Problem";

    /** Every operation may answer with these. */
    private static final Set<ProblemCode> ALWAYS = EnumSet.of(
            ProblemCode.BAD_REQUEST,
            ProblemCode.INVALID_PARAMETER,
            ProblemCode.UNAUTHENTICATED,
            ProblemCode.FORBIDDEN,
            ProblemCode.NOT_ACCEPTABLE,
            ProblemCode.TOO_MANY_REQUESTS,
            ProblemCode.INTERNAL_ERROR);

    private static final Set<ProblemCode> WITH_CHANGE =
            EnumSet.of(ProblemCode.CROSS_ORIGIN, ProblemCode.STORE_FAILED, ProblemCode.BUSY, ProblemCode.STOPPING);

    private static final Set<ProblemCode> WITH_KEY =
            EnumSet.of(ProblemCode.IDEMPOTENCY_KEY_IN_USE, ProblemCode.IDEMPOTENCY_KEY_REUSED);

    private static final Set<ProblemCode> WITH_BODY = EnumSet.of(
            ProblemCode.MALFORMED_JSON,
            ProblemCode.INVALID_BODY,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.REQUEST_TIMEOUT,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE);

    /** What stands in a path: an example that is there in the demo, and what it means. */
    private static final Map<String, List<String>> NAMES = Map.of(
            "geom", List.of("demo", "Name of a geom."),
            "device", List.of("demo-a", "Name of a registered device."),
            "export", List.of("demo", "Name of an export."),
            "id", List.of("1", "Id of a session."),
            "operation", List.of("0b7f9d0e-4a3c-4b8e-9a55-2f1f6f1c8a44", "Id of an operation."));

    /** Where another name is the better example: what these take away should be what was made by an example. */
    private static final Map<String, Map.Entry<String, String>> EXAMPLES = Map.ofEntries(
            Map.entry("addPath", Map.entry("device", "scratch")),
            Map.entry("removePath", Map.entry("device", "scratch")),
            Map.entry("removeDevice", Map.entry("device", "scratch")),
            Map.entry("stopGeom", Map.entry("geom", "disk1")),
            Map.entry("destroyGeom", Map.entry("geom", "disk1")),
            Map.entry("putExport", Map.entry("export", "archive")),
            Map.entry("configureExport", Map.entry("export", "archive")),
            Map.entry("deleteExport", Map.entry("export", "archive")));

    // ---- the whole

    @Override
    public void customise(OpenAPI api) {
        ModelConverters schemas = ModelConverters.getInstance(true);
        schemas.readAll(ProblemJson.class).forEach(api.getComponents()::addSchemas);
        schemas.readAll(OperationJson.class).forEach(api.getComponents()::addSchemas);
        ApiSchemas.complete(api.getComponents().getSchemas());
        addSecurity(api);
        api.info(new Info()
                        .title("Ropewalk")
                        .version(VERSION)
                        .description("""
                                Several paths to one disk, served as one disk that keeps working while paths fail.

                                A **device** is a backend that can be opened. A **geom** is the multipath device over one \
                                or more of them; each of its devices is a **path**. Clients read and write a geom through \
                                its NBD **export**; each connection is a **session**.

                                A change answers when its effect is visible. `dryRun=true` checks everything and changes \
                                nothing. The ETag of a geom or export is the generation of what is desired of it: send it as \
                                `If-Match` to change only what you have seen. Whatever is refused is a problem (RFC 9457) \
                                with a stable `code` and a `correction` that says what to do.""")
                        .license(new License().name("BSD-2-Clause").identifier("BSD-2-Clause")))
                .servers(List.of(new Server().url("/").description("This service")))
                .tags(List.of(
                        tag(Api.GEOMS_TAG, "The multipath devices and their verbs."),
                        tag(Api.PATHS_TAG, "The paths of a geom and their verbs."),
                        tag(Api.DEVICES_TAG, "The backends that paths open."),
                        tag(Api.EXPORTS_TAG, "What NBD clients can connect to, and who is connected."),
                        tag(Api.OPERATIONS_TAG, "Changes that take longer than their callers wanted to wait."),
                        tag(Api.EVENTS_TAG, "What happened and what happens."),
                        tag(Api.SYSTEM_TAG, "The service itself.")));
    }

    private static void addSecurity(OpenAPI api) {
        String roles =
                " Role viewer reads; operator fails, drains, restores and prefers paths and rotates geoms as well; admin"
                        + " does everything.";
        api.getComponents()
                .addSecuritySchemes(
                        BEARER,
                        new SecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme(BEARER)
                                .description("A token of this service, where its mode is token." + roles))
                .addSecuritySchemes(
                        JWT,
                        new SecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme(BEARER)
                                .bearerFormat("JWT")
                                .description("A token of the issuer that this service trusts, where its mode is jwt."
                                        + roles))
                .addSecuritySchemes(
                        MTLS,
                        new SecurityScheme()
                                .type(SecurityScheme.Type.MUTUALTLS)
                                .description(
                                        "A client certificate whose name has a role, where the mode is mtls." + roles));
        // The empty one: a service on loopback asks nobody.
        api.security(List.of(
                new SecurityRequirement().addList(BEARER),
                new SecurityRequirement().addList(JWT),
                new SecurityRequirement().addList(MTLS),
                new SecurityRequirement()));
    }

    private static Tag tag(String name, String description) {
        return new Tag().name(name).description(description);
    }

    // ---- each operation

    @Override
    public Operation customize(Operation operation, HandlerMethod method) {
        if (operation.getParameters() != null) {
            operation.getParameters().removeIf(parameter -> "terms".equals(parameter.getName()));
            operation.getParameters().forEach(ApiDocs::describeName);
            giveExample(operation);
        }
        if (takes(method, Terms.class)) {
            describeTerms(operation, method);
        }
        describeRefusals(operation, method);
        describeEtag(operation, method);
        return operation;
    }

    private static void giveExample(Operation operation) {
        Map.Entry<String, String> example = EXAMPLES.get(operation.getOperationId());
        if (example != null) {
            operation.getParameters().stream()
                    .filter(parameter -> example.getKey().equals(parameter.getName()))
                    .forEach(parameter -> parameter.example(example.getValue()));
        }
    }

    private static boolean takes(HandlerMethod method, Class<?> type) {
        return Arrays.asList(method.getMethod().getParameterTypes()).contains(type);
    }

    private static void describeName(Parameter parameter) {
        List<String> name = NAMES.get(parameter.getName());
        if (name != null && "path".equals(parameter.getIn())) {
            parameter.description(name.get(1)).example(name.get(0)).schema(new StringSchema());
        }
    }

    private static void describeTerms(Operation operation, HandlerMethod method) {
        operation.addParametersItem(new Parameter()
                .in("query")
                .name(TermsResolver.DRY_RUN)
                .description("Check everything, change nothing.")
                .schema(new BooleanSchema()._default(false)));
        operation.addParametersItem(new Parameter()
                .in("header")
                .name(Preference.PREFER)
                .description("`wait=N`: wait N seconds for the end, at most " + Preference.MOST_SECONDS
                        + "; then answer 202 with an operation to poll. `respond-async`: the same as `wait=0`. Without"
                        + " it the answer comes when the change is made.")
                .schema(new StringSchema()));
        operation.getResponses().addApiResponse("202", stillRunning());
        if (isPost(method)) {
            describeKey(operation);
        }
        if (TermsResolver.heedsIfMatch(method.getMethodAnnotation(Refusals.class))) {
            operation.addParametersItem(new Parameter()
                    .in("header")
                    .name(HttpHeaders.IF_MATCH)
                    .description(
                            "The ETag of what is changed, as it was seen; 412 stale-etag when it has been changed since.")
                    .schema(new StringSchema()));
        }
    }

    private static boolean isPost(HandlerMethod method) {
        return method.hasMethodAnnotation(PostMapping.class);
    }

    private static void describeKey(Operation operation) {
        operation.addParametersItem(new Parameter()
                .in("header")
                .name(IdempotencyFilter.KEY)
                .description("A word of the caller's own, best a random UUID. The same request sent again with it"
                        + " within " + IdempotencyFilter.KEPT.toHours()
                        + " hours is not carried out again: it gets the first answer, with `"
                        + IdempotencyFilter.REPLAYED + ": true`.")
                .schema(new StringSchema().minLength(1).maxLength(255)));
        Header replayed = new Header()
                .description("That this is the answer to an earlier request with the same key.")
                .schema(new BooleanSchema());
        operation.getResponses().forEach((status, answer) -> {
            if (status.startsWith("2")) {
                answer.addHeaderObject(IdempotencyFilter.REPLAYED, replayed);
            }
        });
    }

    private static ApiResponse stillRunning() {
        io.swagger.v3.oas.models.media.MediaType body =
                new io.swagger.v3.oas.models.media.MediaType().schema(new Schema<>().$ref(OPERATION_SCHEMA));
        return new ApiResponse()
                .description("It takes longer than was to be waited, and goes on; only with Prefer.")
                .content(new Content().addMediaType(MediaType.APPLICATION_JSON_VALUE, body))
                .addHeaderObject(
                        HttpHeaders.LOCATION,
                        new Header().description("The operation to poll.").schema(new StringSchema()))
                .addHeaderObject(
                        Preference.APPLIED,
                        new Header()
                                .description("The preference that was followed.")
                                .schema(new StringSchema()));
    }

    private static void describeEtag(Operation operation, HandlerMethod method) {
        ResolvableType returned = ResolvableType.forMethodReturnType(method.getMethod());
        boolean wrapped = ResponseEntity.class == returned.resolve();
        Class<?> answered = wrapped ? returned.getGeneric(0).resolve() : returned.resolve();
        if (answered == null || !Versioned.class.isAssignableFrom(answered)) {
            return;
        }
        for (String status : List.of("200", "201")) {
            ApiResponse answer = operation.getResponses().get(status);
            if (answer != null) {
                answer.addHeaderObject(
                        HttpHeaders.ETAG,
                        new Header()
                                .description("The generation, for If-Match.")
                                .schema(new StringSchema().example("\"1\"")));
            }
        }
    }

    private static void describeRefusals(Operation operation, HandlerMethod method) {
        Map<Integer, List<ProblemCode>> byStatus = new TreeMap<>(refusals(operation, method).stream()
                .collect(Collectors.groupingBy(code -> code.status().value())));
        byStatus.forEach(
                (status, codes) -> operation.getResponses().addApiResponse(Integer.toString(status), refusal(codes)));
    }

    private static Set<ProblemCode> refusals(Operation operation, HandlerMethod method) {
        Set<ProblemCode> codes = EnumSet.copyOf(ALWAYS);
        Refusals own = method.getMethodAnnotation(Refusals.class);
        if (own != null) {
            codes.addAll(List.of(own.value()));
        }
        if (takes(method, Terms.class)) {
            codes.addAll(WITH_CHANGE);
            if (isPost(method)) {
                codes.addAll(WITH_KEY);
            }
        }
        if (operation.getRequestBody() != null) {
            codes.addAll(WITH_BODY);
        }
        return codes;
    }

    private static ApiResponse refusal(List<ProblemCode> codes) {
        String description = codes.stream()
                .map(code -> "`" + code.code() + "`: " + code.title() + ".")
                .collect(Collectors.joining("\n\n"));
        io.swagger.v3.oas.models.media.MediaType body =
                new io.swagger.v3.oas.models.media.MediaType().schema(new Schema<>().$ref(PROBLEM_SCHEMA));
        ApiResponse refusal = new ApiResponse();
        // For programs; the description is for people.
        refusal.addExtension(
                CODES, codes.stream().map(ProblemCode::code).sorted().toList());
        if (codes.contains(ProblemCode.TOO_MANY_REQUESTS)) {
            refusal.addHeaderObject(
                    HttpHeaders.RETRY_AFTER,
                    new Header().description("How many seconds to wait.").schema(new IntegerSchema()));
        }
        return refusal.description(description)
                .content(new Content().addMediaType(MediaType.APPLICATION_PROBLEM_JSON_VALUE, body));
    }
}
