package io.ropewalk.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.models.media.Schema;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Says of each schema what its record says: which members are always there, and which can be null. Only what we answer
 * with is listed; what is asked for says so itself, since there a member may be left out that is never null.
 */
final class ApiSchemas {
    private static final List<Class<? extends Record>> ANSWERS = List.of(
            DeviceJson.class,
            DeviceJson.Listing.class,
            GeomJson.class,
            GeomJson.Exported.class,
            GeomJson.Listing.class,
            PathJson.class,
            PathJson.Listing.class,
            PathJson.Active.class,
            ExportJson.class,
            ExportJson.Listing.class,
            ExportJson.Session.class,
            ExportJson.Sessions.class,
            LabelJson.class,
            TasteJson.class,
            TasteJson.Listing.class,
            OperationJson.class,
            OperationJson.Listing.class,
            EventJson.class,
            EventJson.Listing.class,
            SystemInfo.class,
            SystemInfo.Limits.class,
            ProblemJson.class,
            Violation.class);

    private ApiSchemas() {}

    static void complete(Map<String, Schema> schemas) {
        for (Class<? extends Record> answer : ANSWERS) {
            Schema<?> schema = schemas.get(name(answer));
            if (schema != null && schema.getProperties() != null) {
                complete(schema, answer);
            }
        }
    }

    private static String name(Class<?> type) {
        var annotation = type.getAnnotation(io.swagger.v3.oas.annotations.media.Schema.class);
        return annotation == null ? type.getSimpleName() : annotation.name();
    }

    private static void complete(Schema<?> schema, Class<? extends Record> answer) {
        TreeSet<String> always = new TreeSet<>();
        for (RecordComponent member : answer.getRecordComponents()) {
            Schema<?> property = schema.getProperties().get(member.getName());
            if (!mayBeLeftOut(answer, member)) {
                always.add(member.getName());
                if (isNullable(member) && property != null) {
                    allowNull(property);
                }
            }
        }
        schema.setRequired(new ArrayList<>(always));
    }

    private static boolean isNullable(RecordComponent member) {
        return member.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    private static boolean mayBeLeftOut(Class<? extends Record> answer, RecordComponent member) {
        return isNullable(member)
                && (answer.isAnnotationPresent(JsonInclude.class)
                        || member.getAccessor().isAnnotationPresent(JsonInclude.class));
    }

    private static void allowNull(Schema<?> property) {
        property.addType("null");
        if (property.getEnum() != null) {
            property.addEnumItemObject(null);
        }
    }
}
