from . import base_import_import
from . import ir_fields_converter
from . import ir_http
from . import ir_ui_menu
from . import res_users
from . import base_partner_merge
from . import res_company
from . import res_config_settings
