"""The data generator: templates, producers with rates, a sender that accounts for every record, scenarios.

One page of what there is, from the words of a record to a class's controls. Times are epoch seconds or seconds on a
time line that the caller moves; rates are records a second; nothing here reads a clock or rolls dice of its own.

A template is a text in the language of the Kinesis Data Generator (KDG), checked when it is parsed (TemplateError
with `.line`, `.column`, `.reason`), and rendered for each record:

    from helpers.generator.template import Template
    template = Template.parse('{{random.weightedArrayElement({"weights": [3, 1], "data": ["car", "bus"]})}}')
    template.render(now=0.0)             # 'car', three times of four
    template.choices()                   # [Choice(data=("car", "bus"), weights=(3, 1))]: a weights editor's rows
    template.reweighed(0, [1, 1])        # the text with other weights in choice 0; GeneratorError when they won't do

A simulation is the lab's browser tabs, one producer each, sending to the workshop's delivery stream (`ws`):

    from helpers.generator.simulation import Simulation
    simulation = Simulation(ws)
    simulation.run("burst")              # a scenario of data/scenarios at once, on stepped time: a RunResult
    simulation.start(); simulation.stop()            # live, in real time, on a thread of its own
    simulation.set_rate("clicks", 5.0)               # at once, or from the next start on
    simulation.add_producer("odd", text, rate=2.0)   # one more tab, before or while it runs; remove_producer("odd")
    simulation.template("clicks"); simulation.set_template("clicks", text)    # at once; TemplateError if malformed
    simulation.burst(seconds=25, rate=1.0, producers=("odd",))    # ends by itself; without producers: the lab's three
    simulation.fast_forward(60)          # local only
    simulation.status()                  # Status: running, elapsed, rates by producer, burst_left, delivered_rate
                                         # (from acknowledgements), account (sent, acknowledged, retried, failed), error
    simulation.observe()                 # Observation: windows, anomalies, burst, watermark, learning, messages

`simulation.status().rates` names the tabs there are. `scenario.template_text("click")` is the text of a template in
data/templates. Every exception is a WorkshopError whose message says what to do.

The parts, for anything else (`workshop generate` is made of them): `Producer(name, template, rate, jitter, seed)`, a
rate being a number or a `Profile` (mean and deviation by hour and weekday); `Sender(client, stream, service=Kinesis)`
with `account`; `Feed(sender, producers, origin, count)` moves producers along a time line; `Run(feed, seconds, speed)`
moves the feed in real time without drift, or as fast as it goes. docs/generator.md compares all this with the KDG.
"""
