-- Lets a licence reach as far as a paid upgrade says.
select extend_license(:user_id, :license_id, :version)::text as noted;
