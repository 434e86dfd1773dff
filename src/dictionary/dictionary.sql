-- name: dictionary_stamps
select id, stamp from dictionary order by id;

-- name: dictionary_list
select id, code, title, valid_from, coalesce(valid_to, 0), stamp, family from dictionary order by valid_from, id;

-- name: dictionary_sections
select id, code, name, total_only from section where dictionary_id = $1 order by id;

-- name: dictionary_items
select slot, section_id, number, component, coalesce(component_name, ''), name, data_type, scale,
       aggregation, low, high, retired
  from item where dictionary_id = $1 order by slot;

-- name: dictionary_forms
select id, code, title, facility_types from form where dictionary_id = $1 order by id;

-- name: dictionary_form_items
select form_id, slot, position, number from form_item where dictionary_id = $1
 order by form_id, position;

-- name: dictionary_rules
select r.form_id, r.ordinal, r.code, r.class, r.operator, r.left_slots, r.right_slots, r.text,
       r.retired
  from rule r join form f on f.id = r.form_id
 where f.dictionary_id = $1 order by r.form_id, r.ordinal;

-- name: dictionary_texts
select language, kind, ref, text from dictionary_text where dictionary_id = $1;

-- name: dictionary_beginning_in
-- Another version that begins in the same month: which one holds could not be told.
select code from dictionary where valid_from = $1 and code <> $2;

-- name: dictionary_put
insert into dictionary (code, title, valid_from, valid_to) values ($1, $2, $3, nullif($4::integer, 0))
on conflict (code) do update
   set title = excluded.title, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
       stamp = dictionary.stamp + 1
returning id, stamp;

-- name: dictionary_put_sections
insert into section (dictionary_id, id, code, name, total_only)
select $1, s.id, s.code, s.name, s.total_only <> 0
  from unnest($2::smallint[], $3::text[], $4::text[], $5::smallint[]) as s (id, code, name, total_only)
on conflict (dictionary_id, id) do update
   set name = excluded.name, total_only = excluded.total_only;

-- name: dictionary_put_items
insert into item (dictionary_id, slot, section_id, number, component, component_name, name, data_type,
                  scale, aggregation, low, high)
select $1, i.slot, i.section_id, i.number, i.component, nullif(i.component_name, ''), i.name,
       i.data_type, i.scale, i.aggregation, i.low, i.high
  from unnest($2::smallint[], $3::smallint[], $4::text[], $5::smallint[], $6::text[], $7::text[],
              $8::text[], $9::smallint[], $10::text[], $11::integer[], $12::integer[])
       as i (slot, section_id, number, component, component_name, name, data_type, scale, aggregation,
             low, high)
on conflict (dictionary_id, slot) do update
   set section_id = excluded.section_id, component_name = excluded.component_name,
       name = excluded.name, aggregation = excluded.aggregation, low = excluded.low,
       high = excluded.high, retired = false;

-- name: dictionary_retire_items
update item set retired = true where dictionary_id = $1 and slot <> all ($2::smallint[]) and not retired;

-- name: dictionary_put_forms
insert into form (dictionary_id, code, title, facility_types)
select $1, f.code, f.title, f.facility_types::smallint[]
  from unnest($2::text[], $3::text[], $4::text[]) with ordinality
       as f (code, title, facility_types, place)
 order by f.place
on conflict (dictionary_id, code) do update
   set title = excluded.title, facility_types = excluded.facility_types;

-- name: dictionary_clear_form_items
delete from form_item where dictionary_id = $1;

-- name: dictionary_put_form_items
insert into form_item (form_id, dictionary_id, slot, position, number)
select f.form_id, $1, f.slot, f.position, f.number
  from unnest($2::smallint[], $3::smallint[], $4::smallint[], $5::text[])
       as f (form_id, slot, position, number);

-- name: dictionary_put_rules
insert into rule (form_id, ordinal, code, class, operator, left_slots, right_slots, text)
select r.form_id, r.ordinal, r.code, r.class, r.operator, r.left_slots::smallint[],
       r.right_slots::smallint[], r.text
  from unnest($1::smallint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[],
              $7::text[], $8::text[])
       as r (form_id, ordinal, code, class, operator, left_slots, right_slots, text)
on conflict (form_id, ordinal) do update set text = excluded.text, retired = false;

-- name: dictionary_retire_rules
update rule set retired = true
 where not retired and form_id in (select id from form where dictionary_id = $1)
   and (form_id, ordinal) not in (select * from unnest($2::smallint[], $3::smallint[]));

-- name: dictionary_clear_texts
delete from dictionary_text where dictionary_id = $1;

-- name: dictionary_put_texts
insert into dictionary_text (dictionary_id, language, kind, ref, text)
select $1, t.language, t.kind, t.ref, t.text
  from unnest($2::text[], $3::text[], $4::integer[], $5::text[]) as t (language, kind, ref, text);

-- name: dictionary_put_analyze
analyze dictionary, section, item, form, form_item, rule, dictionary_text;
