// The builder of segments: rows that come anew leave alone what somebody is typing meanwhile.
"use strict";

Idiomorph.defaults.ignoreActiveValue = true;
