package io.ropewalk.api;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The beans of this room, named one by one: to find them by looking into every class is a good part of a start. */
@Configuration(proxyBeanMethods = false)
@Import({
    ApiDocs.class,
    ApiSecurity.class,
    ApiWeb.class,
    AuditController.class,
    AuditFilter.class,
    BodyLimitFilter.class,
    DevicesController.class,
    EtagAdvice.class,
    EventStreams.class,
    EventsController.class,
    ExportsController.class,
    GeomsController.class,
    IdempotencyFilter.class,
    Operations.class,
    OperationsController.class,
    PathsController.class,
    PatientMvc.class,
    ProblemAdvice.class,
    ProblemErrorController.class,
    ProblemHandler.class,
    ProblemPages.class,
    ProblemWriter.class,
    RequestRateFilter.class,
    RescanController.class,
    SameOriginFilter.class,
    StrictJson.class,
    SystemController.class,
    TraceFilter.class
})
public class ApiBeans {}
