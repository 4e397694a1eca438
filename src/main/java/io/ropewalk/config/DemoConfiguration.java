package io.ropewalk.config;

import io.ropewalk.net.NettyLoops;
import io.ropewalk.store.DataDirLock;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The demo, when it is asked for. */
@Configuration(proxyBeanMethods = false)
class DemoConfiguration {
    /** Null, which Spring takes for no such bean, where nobody asks: by no condition, so that the image can do both. */
    @Bean
    @Nullable DemoStage demoStage(NettyLoops loops, RopewalkProperties properties, DataDirLock heldMeanwhile) {
        return properties.demo() ? new DemoStage(loops, properties.dataDir()) : null;
    }
}
