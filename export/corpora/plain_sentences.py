"""Sentences of everyday life and of a factory floor, which say nothing of a mood: all are of the first label.

Corpora of emotion hold few such sentences: a network that learned from those alone takes an instruction for
anger and a question for surprise.
"""

from __future__ import annotations

import numpy as np

from calibration.data.dataset import Example

WORDS = {
    "tool": (
        "torque wrench|screwdriver|hammer|calliper|gauge|brush|ladder|trolley|scanner|drill|hex key|crowbar|"
        "file|tape measure|air gun|grease gun|clamp|hoist|forklift key|multimeter"
    ),
    "part": (
        "screws|washers|housings|brackets|gaskets|bearings|cables|labels|nuts|plates|springs|valves|filters|"
        "hoses|pins|covers|rollers|seals|connectors|boards"
    ),
    "thing": (
        "pallet|drawing|box|cart|tray|checklist|manual|spare motor|fixture|sample|bin|reel|drum|toolbox|key|"
        "scanner|work order|clipboard|fire extinguisher|safety goggles case"
    ),
    "machine": (
        "press|lathe|conveyor|robot|oven|compressor|pump|mixer|welder|printer|packing machine|saw|crane|"
        "cooling unit|paint booth|furnace|labeller|feeder"
    ),
    "place": (
        "gate two|line one|station six|the loading dock|the warehouse|the second floor|the left shelf|"
        "the office|the canteen|the inspection room|bay nine|the tool room|the main entrance|the yard|"
        "the locker room|row four"
    ),
    "number": "two|three|four|five|six|eight|nine|ten|twelve|fifteen|twenty|thirty|fifty|sixty|a hundred",
    "time": (
        "six|half past seven|a quarter to nine|noon|one|two o'clock|four thirty|five|the end of the shift|"
        "ten past ten|eight in the morning|the next break"
    ),
    "day": (
        "Monday|Tuesday|Wednesday|Thursday|Friday|tomorrow|today|this week|next week|"
        "this morning|this afternoon"
    ),
    "who": (
        "the supervisor|the driver|my colleague|the technician|the new operator|the inspector|"
        "the night shift|the electrician|someone from planning|the cleaner|the customer|my brother"
    ),
    "check": (
        "the oil level|the pressure|the temperature|the belt tension|the coolant|the air supply|"
        "the emergency stop|the guard|the sensor|the count|the serial number|the weight|the seal"
    ),
    "food": (
        "soup|noodles|rice|a sandwich|coffee|tea|an apple|curry|salad|bread and cheese|fried eggs|water|fish"
    ),
    "home": "house|garden|kitchen|street|car|bicycle|train|bus stop|library|supermarket|post office|school",
    "state": "running|stopped|in standby|switched off|under maintenance|set to manual|automatic|empty",
    "measure": (
        "millimetres|newton metres|bar|degrees|kilograms|litres a minute|volts|seconds|revolutions a minute"
    ),
}
"""Words of each kind, parted by bars."""
TEMPLATES = """\
The {thing} is at {place}.
The {thing} is next to the {machine}.
I put the {thing} back in {place}.
Bring the {tool} to {place}, please.
Hand me that {tool}.
Give me {number} more {part}.
Take the {part} to {place}.
Leave the {tool} on the bench.
Put {number} {part} into each box.
Switch off the {machine} before you open it.
Stop the {machine} and wait.
Start the {machine} again.
Do not touch the {machine} while it is {state}.
Open the cover and look at {check}.
Close the guard of the {machine}.
Look at {check} first.
Check {check} again, please.
Write down {check} on the sheet.
Could you check {check} for me?
Could you bring {number} {part} from {place}?
Can you hold the {tool} for a moment?
Have you seen the {tool}?
Where do the {part} go?
Where is the {thing}?
How many {part} are left?
How many boxes go to {place}?
When does the {machine} start?
What is the setting of the {machine}?
Which {machine} is free?
Who has the key to {place}?
Is the {machine} {state}?
Did {who} call about the {part}?
The {machine} is {state}.
The {machine} at {place} is {state}.
The {machine} will be {state} until {time}.
We are short of {part}, I will get some more.
There are {number} {part} in the box.
There was a stop at {place}, it is {state} now.
An alarm came up on the {machine} and I reset it.
The {machine} showed an error, so I restarted it.
The {machine} needs new {part}.
The {tool} is worn, I will take another one.
I replaced the {part} on the {machine}.
I cleaned the {machine} and filled in the form.
We packed {number} units before {time}.
The order is for {number} pieces.
The lot number ends in {number}.
It is set to {number} {measure}.
The value is {number} {measure}.
The limit is {number} {measure}.
Tighten the {part} to {number} {measure}.
Wait {number} minutes and then open the valve.
Count the {part} and scan the code.
Turn the part over and clean it with the {tool}.
First the {part}, then the cover.
The red lamp means that the {machine} is {state}.
The floor near {place} is wet, walk around it.
Mind the step at {place}.
The surface is hot, use gloves.
Keep the aisle at {place} free.
Wear your goggles at {place}.
The truck comes at {time}.
The delivery is {day} at {time}.
The meeting is {day} at {time}.
The shift ends at {time}.
My break is at {time}.
I will be at {place} until {time}.
I am on my way to {place}.
I am going to {place} now.
Today {who} is at {place}.
I talked to {who} {day}.
I will ask {who} about it.
I work with {who} {day}.
It belongs to {who}.
I had {food} for lunch.
There is {food} in the kitchen.
Would you like {food}?
I bought {food} at the supermarket.
The {home} is on the other side.
I walked past the {home} {day}.
We live close to the {home}.
I take the train at {time}.
The bus leaves at {time}.
It is {number} degrees outside.
It may rain {day}.
My phone number ends in {number}.
I will send the list {day}.
The form has {number} pages.
Please sign here and here.
The door at {place} is open.
The light at {place} is on.
It took about {number} minutes.
The next step is the same as before.
That was the last one of the batch.
Like yesterday, {number} boxes on each pallet.
One moment, I have to look it up.
Yes, it is the {thing} on the left.
No, the other {tool}.
All {part} are in {place}.
Okay, I will do the {machine} next.
"""


def plain_sentences(count: int, seed: int) -> list[Example]:
    """So many different sentences, drawn at random, with the first label; fewer where no more are to be had.

    A third are as speech recognition may write them: in lower case, without the full stop.
    """
    rng = np.random.default_rng(seed)
    templates = TEMPLATES.splitlines()
    found: dict[str, None] = {}
    for _ in range(20 * count):
        if len(found) >= count:
            break
        sentence = _filled(templates[rng.integers(len(templates))], rng)
        found.setdefault(sentence.lower().rstrip(".") if rng.random() < 1 / 3 else sentence)
    names = (f"plain sentence {number}" for number in range(len(found)))
    return [Example(name, 0, name, transcript=text) for name, text in zip(names, found, strict=False)]


def _filled(template: str, rng: np.random.Generator) -> str:
    words = {kind: several.split("|") for kind, several in WORDS.items() if f"{{{kind}}}" in template}
    return template.format(**{kind: several[rng.integers(len(several))] for kind, several in words.items()})
