package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.beans.factory.aot.BeanFactoryInitializationCode;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.javapoet.ClassName;

/** When the beans of the image are good for a start; that the image uses them is ImageIT's. */
class GeneratedBeansTest {
    private static final List<String> ANSWERS =
            List.of("management.server.port=DIFFERENT", "spring.datasource.url", "spring.threads.virtual.enabled=true");

    @AfterEach
    void forget() {
        SpringProperties.setProperty(AbstractAotProcessor.AOT_PROCESSING, null);
    }

    @Test
    void theSameAnswersAreGoodOnWhateverPorts() {
        assertThat(other(Map.of("SERVER_PORT", "1", "MANAGEMENT_SERVER_PORT", "2", "LOGGING_LEVEL_ROOT", "debug")))
                .isEmpty();
    }

    @Test
    void anAnswerWhereThereWasNoneIsFoundHoweverItIsSpelled() {
        assertThat(other(Map.of("SPRING_DATASOURCE_URL", "jdbc:h2:mem:x"))).containsExactly("spring.datasource.url");
        assertThat(other(Map.of("spring.datasource.url", ""))).containsExactly("spring.datasource.url");
    }

    @Test
    void anotherAnswerIsFound() {
        assertThat(other(Map.of("SPRING_THREADS_VIRTUAL_ENABLED", "false")))
                .containsExactly("spring.threads.virtual.enabled");
    }

    @Test
    void managementOnThePortOfTheApiIsAnotherAnswer() {
        assertThat(other(Map.of("SERVER_PORT", "1", "MANAGEMENT_SERVER_PORT", "1")))
                .containsExactly("management.server.port");
        assertThat(other(Map.of("MANAGEMENT_SERVER_PORT", "-1"))).containsExactly("management.server.port");
    }

    @Test
    void whatIsAskedWhileBeansAreGeneratedIsWrittenDownWithItsAnswer() throws IOException {
        SpringProperties.setFlag(AbstractAotProcessor.AOT_PROCESSING);
        GenericApplicationContext context = new GenericApplicationContext();
        context.setEnvironment(environment(Map.of("THIRD", "3")));
        context.getEnvironment().getProperty("zeroth");
        Questions questions = new Questions();

        questions.contextLoaded(context);
        context.getEnvironment().getProperty("third");
        context.getEnvironment().getProperty("spring.datasource.url");
        ManagementPortType.get(context.getEnvironment());
        context.refreshForAotProcessing(new RuntimeHints());

        assertThat(written(questions, context).lines())
                .contains("management.server.port=DIFFERENT", "spring.datasource.url", "third=3")
                .doesNotContain("zeroth")
                .noneMatch(line -> line.startsWith("server.port"));
    }

    @Test
    void anOrdinaryStartIsNotListenedTo() {
        GenericApplicationContext context = new GenericApplicationContext();

        new Questions().contextLoaded(context);

        assertThat(context.getEnvironment().getPropertySources())
                .extracting(PropertySource::getName)
                .containsExactlyElementsOf(new StandardEnvironment()
                        .getPropertySources().stream()
                                .map(PropertySource::getName)
                                .toList());
    }

    private static String written(Questions questions, GenericApplicationContext context) throws IOException {
        InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
        Objects.requireNonNull(questions.processAheadOfTime(context.getBeanFactory()))
                .applyTo(
                        new DefaultGenerationContext(new ClassNameGenerator(ClassName.get("test", "Main")), files),
                        Mockito.mock(BeanFactoryInitializationCode.class));
        return Objects.requireNonNull(files.getGeneratedFileContent(Kind.RESOURCE, Questions.FILE));
    }

    private static List<String> other(Map<String, Object> environmentVariables) {
        return GeneratedBeans.otherwiseAnswered(ANSWERS.stream(), environment(environmentVariables)).stream()
                .toList();
    }

    /** What is said in variables, over what every service says. */
    private static StandardEnvironment environment(Map<String, Object> variables) {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .forEach(each -> environment.getPropertySources().remove(each.getName()));
        environment
                .getPropertySources()
                .addLast(new SystemEnvironmentPropertySource("test-systemEnvironment", variables));
        environment
                .getPropertySources()
                .addLast(new MapPropertySource(
                        "application",
                        Map.of(
                                "server.port",
                                8080,
                                "management.server.port",
                                9090,
                                "spring.threads.virtual.enabled",
                                true)));
        ConfigurationPropertySources.attach(environment);
        return environment;
    }
}
