package io.ropewalk.api;

import java.util.List;
import org.springframework.core.convert.converter.Converter;
import org.springframework.format.FormatterRegistry;
import org.springframework.stereotype.Component;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** What the resources need of Spring MVC. */
@Component
class ApiWeb implements WebMvcConfigurer {
    @Override
    public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
        resolvers.add(new TermsResolver());
    }

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(new KnownParameters()).addPathPatterns(Api.BASE + "/**");
    }

    @Override
    public void addViewControllers(ViewControllerRegistry registry) {
        registry.addRedirectViewController("/", "/swagger-ui.html");
    }

    @Override
    public void addFormatters(FormatterRegistry registry) {
        registry.addConverter(new ViewConverter());
        registry.addConverter(new WhenLastConverter());
    }

    // Classes, not lambdas: a converter's types must be there to be seen.

    private static final class ViewConverter implements Converter<String, View> {
        @Override
        public View convert(String word) {
            return View.valueOf(EnumWords.constant(word));
        }
    }

    private static final class WhenLastConverter implements Converter<String, WhenLast> {
        @Override
        public WhenLast convert(String word) {
            return WhenLast.valueOf(EnumWords.constant(word));
        }
    }
}
