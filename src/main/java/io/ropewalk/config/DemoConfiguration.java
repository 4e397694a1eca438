package io.ropewalk.config;

import io.ropewalk.net.NettyLoops;
import io.ropewalk.store.DataDirLock;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The demo, when it is asked for. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("ropewalk.demo")
class DemoConfiguration {
    @Bean
    DemoStage demoStage(NettyLoops loops, RopewalkProperties properties, DataDirLock heldMeanwhile) {
        return new DemoStage(loops, properties.dataDir());
    }
}
