package io.ropewalk.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.models.media.Schema;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /** What a merge-patch may set to null, to go back to its default. Nothing of it has to be there. */
    private static final List<Class<? extends Record>> PATCHES = List.of(GeomPatch.class, ExportPatch.class);

    private ApiSchemas() {}

    static void complete(Map<String, Schema> schemas) {
        for (Class<? extends Record> answer : ANSWERS) {
            Schema<?> schema = schemas.get(name(answer));
            if (schema != null && schema.getProperties() != null) {
                complete(schema, answer);
            }
        }
        for (Class<? extends Record> patch : PATCHES) {
            Schema<?> schema = schemas.get(name(patch));
            if (schema != null && schema.getProperties() != null) {
                schema.getProperties().replaceAll((member, property) -> orNull(property));
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
                    schema.getProperties().put(member.getName(), orNull(property, member.getType()));
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

    /** Where anything may be, nothing is said. */
    private static Schema<?> orNull(Schema<?> property, Class<?> type) {
        if (type == Object.class) {
            return new Schema<>().description(property.getDescription());
        }
        return orNull(property);
    }

    private static Schema<?> orNull(Schema<?> property) {
        if (property.get$ref() != null) {
            // A type beside a reference would have to hold as well.
            return new Schema<>()
                    .description(property.getDescription())
                    .anyOf(List.of(new Schema<>().$ref(property.get$ref()), new Schema<>().types(Set.of("null"))));
        }
        property.addType("null");
        if (property.getEnum() != null) {
            property.addEnumItemObject(null);
        }
        return property;
    }
}
