// A charger fleet on a page: one driver taps, charges, taps again, and the money is captured.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Fleet {
    static final Map<String, String> ENV = System.getenv();
    static final String PREFIX = ENV.getOrDefault("TOPIC_PREFIX", "");
    static final double CHARGE_S = Double.parseDouble(ENV.getOrDefault("CHARGE_S", "15")); // a sooner tap does not stop it
    static final List<String> HEARS = List.of("authorised", "authorisation-declined", "token-matched", "token-not-matched",
        "token-ambiguous", "captured", "hold-released", "capture-failed", "session-disputed", "event-rejected");
    static final String SESSION = "java-" + UUID.randomUUID().toString().substring(0, 13); // never used again
    static final String STOP = SESSION + "-stop", OPERATOR = "NL-DOC", SITE = "utrecht-1", TERMINAL = "T-java", EVSE = "NL*DOC*E3";
    static final ObjectMapper JSON = new ObjectMapper();
    static final Set<String> KNOWN = new HashSet<>();
    static final Deque<Map.Entry<String, JsonNode>> HEARD = new ArrayDeque<>();
    static KafkaProducer<String, String> producer;
    static KafkaConsumer<String, String> consumer;

    static String topic(String fact) { return PREFIX + "tapwatt." + fact + ".v1"; }

    // Publish a fact; the id follows from what it is about, so that saying it again after a crash is the same.
    static void say(String fact, String key, String id, Map<String, ?> value) throws Exception {
        var record = new ProducerRecord<>(topic(fact), key, JSON.writeValueAsString(value));
        var said = Map.of("ce_specversion", "1.0", "ce_id", id, "ce_type", "tapwatt." + fact + ".v1",
            "ce_source", "/fleet/java", "ce_time", Instant.now().toString(), "content-type", "application/json");
        said.forEach((name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
        producer.send(record).get();
    }

    // Wait for this fact about our session. Anything else that ends the story is an error that says it.
    static JsonNode hear(String wanted) throws Exception {
        var until = Instant.now().plusSeconds(90);
        while (HEARD.isEmpty()) {
            if (Instant.now().isAfter(until)) throw new IllegalStateException("no " + wanted + " within 90 s");
            for (var record : consumer.poll(Duration.ofMillis(500))) {
                var id = new String(record.headers().lastHeader("ce_id").value(), StandardCharsets.UTF_8);
                var type = new String(record.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
                if (!KNOWN.add(id)) continue; // at least once: it may come again
                var value = JSON.readTree(record.value());
                var ours = Stream.of("session_id", "stop_id", "rejected_key").map(name -> value.path(name).asText());
                if (ours.anyMatch(List.of(SESSION, STOP, TERMINAL)::contains)) HEARD.add(Map.entry(type, value));
            }
        }
        var first = HEARD.poll();
        if (!first.getKey().equals("tapwatt." + wanted + ".v1"))
            throw new IllegalStateException(first.getKey() + ": " + first.getValue());
        return first.getValue();
    }

    // Present the card at the terminal, as soon as that asks for one: a plastic card, at the simulated provider.
    static void tap() throws Exception {
        var order = JSON.writeValueAsString(Map.of("card", Map.of("name", "card-of-" + SESSION), "wait_s", 30));
        var url = URI.create(ENV.get("PROVIDER_URL") + "/admin/terminals/" + TERMINAL + "/present");
        var request = HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.ofString(order)).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new IllegalStateException("the terminal: " + answer.body());
    }

    static void liveASession() throws Exception {
        consumer.subscribe(HEARS.stream().map(Fleet::topic).toList());
        var prices = List.of(Map.of("type", "FLAT", "price", 1.00, "vat", 21), Map.of("type", "ENERGY", "price", 0.45, "vat", 21));
        var tariff = Map.of("id", "doc", "currency", "EUR", "type", "AD_HOC_PAYMENT",
            "elements", List.of(Map.of("price_components", prices)));
        var place = Map.of("operator_id", OPERATOR, "site_id", SITE, "terminal_id", TERMINAL, "evse_id", EVSE);
        say("session-requested", SESSION, SESSION + "/requested", Map.of("session_id", SESSION, "place", place, "tariff", tariff,
            "hold", Map.of("minor", 2500, "currency", "EUR"), "time_zone", "Europe/Amsterdam", "requested_at", Instant.now().toString()));
        tap();
        hear("authorised");
        var startedAt = Instant.now().toString();
        Thread.sleep((long) (CHARGE_S * 1000));

        say("stop-requested", TERMINAL, STOP + "/requested", Map.of("stop_id", STOP, "operator_id", OPERATOR, "site_id", SITE,
            "terminal_id", TERMINAL, "evse_ids", List.of(EVSE), "requested_at", Instant.now().toString()));
        tap();
        hear("token-matched");

        var endedAt = Instant.now().toString();
        var period = Map.of("starts_at", startedAt, "ends_at", endedAt, "energy_wh", 30);
        say("charging-ended", SESSION, SESSION + "/ended", Map.of("operator_id", OPERATOR, "session_id", SESSION,
            "reason", "token_matched", "started_at", startedAt, "ended_at", endedAt, "energy_wh", 30, "periods", List.of(period)));
        var taken = hear("captured").get("taken");
        System.out.printf(Locale.ROOT, "%s: captured %.2f %s%n", SESSION, taken.get("minor").asInt() / 100.0, taken.get("currency").asText());
    }

    public static void main(String[] arguments) {
        var kafka = Map.<String, Object>of("bootstrap.servers", ENV.get("BOOTSTRAP"), "enable.idempotence", true,
            "group.id", SESSION, "auto.offset.reset", "earliest"); // a real fleet keeps one group for ever and goes on where it was
        try (var says = new KafkaProducer<>(kafka, new StringSerializer(), new StringSerializer());
                var hears = new KafkaConsumer<>(kafka, new StringDeserializer(), new StringDeserializer())) {
            producer = says;
            consumer = hears;
            liveASession();
        } catch (Exception error) {
            System.err.println(error.getMessage());
            System.exit(1);
        }
    }
}
