package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.ropewalk.Ropewalk;
import io.ropewalk.api.ApiBeans;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.stereotype.Component;

/** What the service is made of: all that is meant to be, and nothing that is left out on purpose. */
class WiringTest {
    @Test
    void everyBeanIsNamed() {
        Set<String> meant = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.ropewalk").stream()
                        .filter(type ->
                                type.isAnnotatedWith(Component.class) || type.isMetaAnnotatedWith(Component.class))
                        .map(JavaClass::getName)
                        .filter(name -> !name.equals(Ropewalk.class.getName()))
                        .collect(Collectors.toSet());

        assertThat(meant).hasSizeGreaterThan(30);
        assertThat(Stream.of(Ropewalk.class, ServiceBeans.class, ApiBeans.class)
                        .flatMap(WiringTest::imports)
                        .map(Class::getName))
                .containsExactlyInAnyOrderElementsOf(meant);
    }

    private static Stream<Class<?>> imports(Class<?> type) {
        return Arrays.stream(
                Objects.requireNonNull(type.getAnnotation(Import.class)).value());
    }

    @Test
    void anOperatorsOwnExclusionLeavesOursInForce(@TempDir Path folder) {
        try (ConfigurableApplicationContext service =
                RunningService.run(folder, "--spring.autoconfigure.exclude=org.springdoc.webmvc.ui.SwaggerConfig")) {
            assertThat(service.getBeanNamesForType(UserDetailsServiceAutoConfiguration.class))
                    .isEmpty();
            assertThat(Stream.of(service.getBeanDefinitionNames()))
                    .as("the operator's own")
                    .noneMatch(name -> name.startsWith("org.springdoc.webmvc.ui"));
        }
    }
}
