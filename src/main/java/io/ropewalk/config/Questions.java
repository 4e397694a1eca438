package io.ropewalk.config;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.Ordered;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;

/**
 * While Spring generates the beans: writes down what conditions ask of the configuration, and what they are answered,
 * for {@link GeneratedBeans} to compare. One line each: the property's name alone where it is not set, else with its
 * value behind a {@code =}.
 */
final class Questions implements SpringApplicationRunListener, BeanFactoryInitializationAotProcessor, Ordered {
    /** Where in the class path the answers lie. */
    static final String FILE = "META-INF/io.ropewalk/answers";

    private static final String NAME = "questions";

    /** Of the ports only this matters: whether management has one of its own. */
    private static final String PORTS = "management.server.port";

    private static final Set<String> PORT = Set.of(PORTS, "server.port");

    /** Knows no answer; hears what is asked, since it is asked first. */
    private static final class Listening extends PropertySource<Set<String>> {
        Listening() {
            super(NAME, new TreeSet<>());
        }

        @Override
        public @Nullable Object getProperty(String name) {
            source.add(name);
            return null;
        }
    }

    /** The line for a question, as it is answered here. */
    static String answer(Environment environment, String question) {
        Object value = question.equals(PORTS) ? ManagementPortType.get(environment) : environment.getProperty(question);
        return value == null ? question : question + "=" + value;
    }

    /** The question of a line. */
    static String of(String line) {
        int end = line.indexOf('=');
        return end < 0 ? line : line.substring(0, end);
    }

    /** From here on it is Spring's conditions that ask. */
    @Override
    public void contextLoaded(ConfigurableApplicationContext context) {
        if (SpringProperties.getFlag(AbstractAotProcessor.AOT_PROCESSING)) {
            context.getEnvironment().getPropertySources().addFirst(new Listening());
        }
    }

    /** Of the service's beans; those of the management server are a child of theirs, in the same environment. */
    @Override
    public @Nullable BeanFactoryInitializationAotContribution processAheadOfTime(
            ConfigurableListableBeanFactory beans) {
        if (beans.getParentBeanFactory() != null) {
            return null;
        }
        ConfigurableEnvironment environment = beans.getBean(ConfigurableEnvironment.class);
        return (generation, code) -> generation.getGeneratedFiles().addResourceFile(FILE, answers(environment));
    }

    private static String answers(ConfigurableEnvironment environment) {
        PropertySource<?> heard = environment.getPropertySources().remove(NAME);
        return heard == null
                ? ""
                : ((Collection<?>) heard.getSource())
                        .stream()
                                .map(Object::toString)
                                .filter(name -> !PORT.contains(name) || name.equals(PORTS))
                                .map(name -> answer(environment, name))
                                .collect(Collectors.joining("\n"));
    }

    /** After all the others, which ask, too. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }
}
